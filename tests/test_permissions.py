"""Permissions: the table of "Who may do what" in rules, and what a grant covers."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import Forbidden
from services.permissions import (
    GRANTS,
    Actor,
    Right,
    Role,
    Scope,
    Target,
    allows,
    require,
    require_some,
    scopes,
)

quick = settings(deadline=None, max_examples=200, derandomize=True)


def named(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


ACCOUNT, ADA = named("account"), named("ada")
OWN_GROUP, FOREIGN_GROUP = named("own group"), named("foreign group")
OWN_PRODUCT, FOREIGN_PRODUCT = named("own product"), named("foreign product")

BILLING, ADMINISTRATOR = Role.BILLING_ADMINISTRATOR, Role.ADMINISTRATOR
OWNER, GROUP_ADMINISTRATOR, USER = Role.PRODUCT_OWNER, Role.GROUP_ADMINISTRATOR, Role.USER
ROLES = (BILLING, ADMINISTRATOR, OWNER, GROUP_ADMINISTRATOR, USER)

NO = None
ALL, PRODUCTS, GROUPS, OWN = Scope.ALL, Scope.OWN_PRODUCTS, Scope.OWN_GROUPS, Scope.OWN

# Right, whether restricted, and how far it reaches for each of ROLES.
TABLE = [
    (Right.BILLING, False, (ALL, NO, NO, NO, NO)),
    (Right.BILLING, True, (ALL, NO, NO, NO, NO)),
    (Right.CONFIGURE, False, (ALL, NO, NO, NO, NO)),
    (Right.CONFIGURE, True, (ALL, NO, NO, NO, NO)),
    (Right.SET_ADMINISTRATORS, False, (ALL, NO, NO, NO, NO)),
    (Right.SET_ADMINISTRATORS, True, (ALL, NO, NO, NO, NO)),
    (Right.READ_SEAT_GROUPS, False, (ALL, ALL, ALL, GROUPS, NO)),
    (Right.READ_SEAT_GROUPS, True, (ALL, ALL, ALL, GROUPS, NO)),
    # A group administrator reads the members of its groups, not all users.
    (Right.READ_USERS, False, (ALL, ALL, ALL, GROUPS, NO)),
    (Right.READ_USERS, True, (ALL, ALL, ALL, GROUPS, NO)),
    (Right.INVITE_USERS, False, (ALL, ALL, PRODUCTS, GROUPS, NO)),
    (Right.INVITE_USERS, True, (ALL, NO, NO, GROUPS, NO)),
    (Right.MANAGE_USERS, False, (ALL, ALL, NO, GROUPS, NO)),
    (Right.MANAGE_USERS, True, (ALL, NO, NO, GROUPS, NO)),
    (Right.SET_PERMISSIONS, False, (ALL, ALL, PRODUCTS, GROUPS, NO)),
    (Right.SET_PERMISSIONS, True, (ALL, NO, NO, GROUPS, NO)),
    # Every user has the role USER besides: this is what that role alone grants.
    (Right.READ_SELF, False, (NO, NO, NO, NO, ALL)),
    (Right.READ_SELF, True, (NO, NO, NO, NO, ALL)),
    (Right.ACCESS_TOKENS, False, (ALL, NO, NO, NO, OWN)),
    (Right.ACCESS_TOKENS, True, (ALL, NO, NO, NO, OWN)),
]
CELLS = [
    (right, role, restricted, scope)
    for right, restricted, row in TABLE
    for role, scope in zip(ROLES, row, strict=True)
]

rights = st.sampled_from(Right)
role_sets = st.frozensets(st.sampled_from(Role))
targets = st.builds(
    Target,
    st.frozensets(st.sampled_from([None, OWN_GROUP, FOREIGN_GROUP])),
    st.frozensets(st.sampled_from([OWN_PRODUCT, FOREIGN_PRODUCT])),
)


def actor(*roles: Role, restricted: bool = False) -> Actor:
    """Someone with the roles alone, who owns one product and administers one group."""
    own_products, own_groups = frozenset({OWN_PRODUCT}), frozenset({OWN_GROUP})
    return Actor(ACCOUNT, ADA, frozenset(roles), own_products, own_groups, restricted)


def target(groups: set[UUID | None] | None = None, products: set[UUID] | None = None) -> Target:
    return Target(frozenset(groups or ()), frozenset(products or ()))


@pytest.mark.parametrize(("right", "role", "restricted", "scope"), CELLS)
def test_a_role_has_a_right_as_far_as_the_rules_say(
    right: Right, role: Role, restricted: bool, scope: Scope | None
) -> None:
    expected = frozenset() if scope is None else {scope}
    assert scopes(actor(role, restricted=restricted), right) == expected


def test_the_table_of_the_rules_names_every_right_and_role() -> None:
    assert {(right, role) for right, role, _, _ in CELLS} == {
        (right, role) for right in Right for role in Role
    }


def test_every_right_is_granted_to_someone() -> None:
    assert all(GRANTS[right] for right in Right)


EMPTY = target()
GROUP_CASES = [
    (EMPTY, False),
    (target(groups={OWN_GROUP}), True),
    (target(groups={FOREIGN_GROUP}), False),
    (target(groups={None}), False),
    (target(groups={OWN_GROUP, None}), False),
    (target(groups={OWN_GROUP, FOREIGN_GROUP}), False),
    (target(products={OWN_PRODUCT}), False),
    (target(groups={OWN_GROUP}, products={FOREIGN_PRODUCT}), True),
]
PRODUCT_CASES = [
    (EMPTY, False),
    (target(products={OWN_PRODUCT}), True),
    (target(products={FOREIGN_PRODUCT}), False),
    (target(products={OWN_PRODUCT, FOREIGN_PRODUCT}), False),
    (target(groups={OWN_GROUP}), False),
    (target(groups={FOREIGN_GROUP}, products={OWN_PRODUCT}), True),
]


@pytest.mark.parametrize(("over", "allowed"), GROUP_CASES)
@pytest.mark.parametrize(
    "right",
    [Right.READ_SEAT_GROUPS, Right.INVITE_USERS, Right.MANAGE_USERS, Right.SET_PERMISSIONS],
)
def test_a_group_administrator_reaches_its_own_groups_only(
    right: Right, over: Target, allowed: bool
) -> None:
    assert allows(actor(GROUP_ADMINISTRATOR), right, over) is allowed


@pytest.mark.parametrize(("over", "allowed"), PRODUCT_CASES)
@pytest.mark.parametrize("right", [Right.INVITE_USERS, Right.SET_PERMISSIONS])
def test_a_product_owner_reaches_its_own_products_only(
    right: Right, over: Target, allowed: bool
) -> None:
    assert allows(actor(OWNER), right, over) is allowed


@pytest.mark.parametrize("over", [over for over, _ in PRODUCT_CASES])
def test_a_product_owner_disables_and_moves_nobody(over: Target) -> None:
    assert not allows(actor(OWNER), Right.MANAGE_USERS, over)


def test_a_group_administrator_does_not_read_all_users() -> None:
    assert not allows(actor(GROUP_ADMINISTRATOR), Right.READ_USERS)


@pytest.mark.parametrize(
    ("roles", "restricted", "over", "allowed"),
    [
        ((OWNER, GROUP_ADMINISTRATOR), False, target({FOREIGN_GROUP}, {OWN_PRODUCT}), True),
        ((OWNER, GROUP_ADMINISTRATOR), False, target({OWN_GROUP}, {FOREIGN_PRODUCT}), True),
        ((OWNER, GROUP_ADMINISTRATOR), False, target({FOREIGN_GROUP}, {FOREIGN_PRODUCT}), False),
        ((OWNER, GROUP_ADMINISTRATOR), True, target({FOREIGN_GROUP}, {OWN_PRODUCT}), False),
        ((OWNER, GROUP_ADMINISTRATOR), True, target({OWN_GROUP}, {FOREIGN_PRODUCT}), True),
        ((ADMINISTRATOR, GROUP_ADMINISTRATOR), False, target({FOREIGN_GROUP}), True),
        ((ADMINISTRATOR, GROUP_ADMINISTRATOR), True, target({FOREIGN_GROUP}), False),
        ((ADMINISTRATOR, GROUP_ADMINISTRATOR), True, target({OWN_GROUP}), True),
        ((BILLING, ADMINISTRATOR), True, target({None}), True),
    ],
)
def test_whoever_has_several_roles_may_do_what_any_of_them_may(
    roles: tuple[Role, ...], restricted: bool, over: Target, allowed: bool
) -> None:
    assert allows(actor(*roles, restricted=restricted), Right.INVITE_USERS, over) is allowed


@given(rights, role_sets, st.booleans())
@quick
def test_several_roles_reach_exactly_as_far_as_each_of_them_together(
    right: Right, roles: frozenset[Role], restricted: bool
) -> None:
    each = [scopes(actor(role, restricted=restricted), right) for role in roles]
    assert scopes(actor(*roles, restricted=restricted), right) == frozenset().union(*each)


@given(rights, targets, st.booleans())
@quick
def test_a_plain_user_may_read_itself_and_nothing_else(
    right: Right, over: Target, restricted: bool
) -> None:
    allowed = allows(actor(USER, restricted=restricted), right, over)
    assert allowed is (right is Right.READ_SELF)


@given(rights, targets, st.booleans())
@quick
def test_someone_without_roles_may_do_nothing(right: Right, over: Target, restricted: bool) -> None:
    assert not allows(actor(restricted=restricted), right, over)


@given(rights, targets, st.booleans())
@quick
def test_a_billing_administrator_has_every_right_over_everything(
    right: Right, over: Target, restricted: bool
) -> None:
    assert allows(actor(BILLING, USER, restricted=restricted), right, over)


@given(rights, role_sets, targets)
@quick
def test_the_restriction_never_allows_more(
    right: Right, roles: frozenset[Role], over: Target
) -> None:
    if allows(actor(*roles, restricted=True), right, over):
        assert allows(actor(*roles), right, over)


@given(rights, role_sets, targets, st.booleans())
@quick
def test_a_foreign_group_and_product_need_a_grant_over_all(
    right: Right, roles: frozenset[Role], over: Target, restricted: bool
) -> None:
    foreign = Target(over.groups | {FOREIGN_GROUP}, over.products | {FOREIGN_PRODUCT})
    caller = actor(*roles, restricted=restricted)
    assert allows(caller, right, foreign) is (Scope.ALL in scopes(caller, right))


@given(rights, role_sets, targets, st.booleans())
@quick
def test_require_raises_exactly_where_the_right_is_not_allowed(
    right: Right, roles: frozenset[Role], over: Target, restricted: bool
) -> None:
    caller = actor(*roles, restricted=restricted)
    if allows(caller, right, over):
        require(caller, right, over)
    else:
        with pytest.raises(Forbidden):
            require(caller, right, over)


def test_require_some_lets_in_whoever_has_the_right_over_something() -> None:
    require_some(actor(GROUP_ADMINISTRATOR), Right.MANAGE_USERS)


def test_require_some_refuses_whoever_has_the_right_over_nothing() -> None:
    with pytest.raises(Forbidden):
        require_some(actor(ADMINISTRATOR, restricted=True), Right.MANAGE_USERS)


def test_an_actor_is_a_plain_user_unless_told_otherwise() -> None:
    assert Actor(ACCOUNT, ADA).roles == {USER}
