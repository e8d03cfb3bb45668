"""What was once in the contract stays, or CHANGELOG names what breaks.

Today's `schema.graphql` is compared with each that was committed since the last release (a tag
`v…`; until there is one, since the beginning). A change that breaks clients is refused unless the
changelog lists its schema coordinate, such as `Account.users(first:)`, under Unreleased > Breaking.
"""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from graphql import BreakingChangeType, GraphQLSchema, build_schema
from graphql.utilities.find_schema_changes import DangerousChangeType, find_schema_changes

from services.settings import ROOT

SDL = "schema.graphql"
TODAY = (ROOT / SDL).read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

SILENT = {
    DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
    DangerousChangeType.INPUT_FIELD_DEFAULT_VALUE_CHANGE,
}
"""Old documents stay valid and mean something else: that breaks clients as well."""

UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BREAKING = re.compile(r"^### Breaking\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
COORDINATE = re.compile(r"@?\w+(?:\.\w+)?(?:\(\w+:\))?")


def git(repository: Path, *command: str) -> str:
    return subprocess.run(
        ["git", *command], cwd=repository, capture_output=True, text=True, check=True
    ).stdout


def has_history(repository: Path) -> bool:
    try:
        return git(repository, "rev-parse", "--is-shallow-repository") == "false\n"
    except (OSError, subprocess.CalledProcessError):
        return False


def promises(repository: Path = ROOT) -> set[str]:
    """Each schema that was committed since the last release. Skips, and says so, where the
    repository's history is not there."""
    if not has_history(repository):
        pytest.skip("there is no history to compare with (git fetch --unshallow brings it)")
    tags = git(repository, "tag", "--list", "v*", "--merged=HEAD", "--sort=-v:refname").split()
    released = tags[:1]
    since = [f"{released[0]}..HEAD"] if released else []
    commits = git(repository, "log", "--format=%H", *since, "--", SDL).split()
    return {git(repository, "show", f"{commit}:{SDL}") for commit in released + commits}


@cache
def built(sdl: str) -> GraphQLSchema:
    return build_schema(sdl)


def breaks(old: str, new: str) -> dict[str, str]:
    """What of the old schema the new one breaks: how, by coordinate."""
    before, after = built(old), built(new)
    return {
        coordinate(change.description, before, after): change.description
        for change in find_schema_changes(before, after)
        if isinstance(change.type, BreakingChangeType) or change.type in SILENT
    }


def coordinate(description: str, *schemas: GraphQLSchema) -> str:
    """What a description of a change speaks of: the first that names a type or directive."""
    types = {name for schema in schemas for name in schema.type_map}
    words = (found[0] for found in COORDINATE.finditer(description))
    return next(word for word in words if word.startswith("@") or re.split(r"\W", word)[0] in types)


def named(changelog: str) -> set[str]:
    """The coordinates that the changelog lists as breaking in the next release."""
    unreleased = "".join(UNRELEASED.findall(changelog))
    return set(re.findall(r"`([^`\n]+)`", "".join(BREAKING.findall(unreleased))))


def refused(old: str, new: str, changelog: str) -> dict[str, str]:
    """The breaking changes that the changelog does not name."""
    known = named(changelog)
    return {where: how for where, how in breaks(old, new).items() if where not in known}


def test_what_breaks_clients_is_in_the_changelog() -> None:
    found = [refused(promise, TODAY, CHANGELOG) for promise in promises()]
    assert {where: how for one in found for where, how in one.items()} == {}, (
        "these changes break clients: take them back, or list them in CHANGELOG.md under "
        "Unreleased > Breaking, each in backticks"
    )


def test_promised_is_what_was_released_and_each_step_since(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for sdl, tag in (("old", None), ("released", "v1.0"), ("added", None), ("dropped", None)):
        (tmp_path / SDL).write_text(sdl, encoding="utf-8")
        git(tmp_path, "add", SDL)
        git(tmp_path, *identity, "commit", "--quiet", "--message", sdl)
        if tag:
            git(tmp_path, "tag", tag)
    assert promises(tmp_path) == {"released", "added", "dropped"}


PLANTED = [
    ("  pendingSeats: Int\n", "  waitingSeats: Int\n", "Subscription.pendingSeats"),
    ("  pendingSeats: Int\n", "  pendingSeats: String\n", "Subscription.pendingSeats"),
    (
        '  seats: Int!\n\n  """Paid seats taken by users',
        '  seats: Int\n\n  """Paid seats taken by users',
        "Subscription.seats",
    ),
    ("  creditNotes: [Invoice!]!\n", "  creditNotes: [Invoice]!\n", "Invoice.creditNotes"),
    ("formatted(locale: String)", "formatted", "Money.formatted(locale:)"),
    ("formatted(locale: String)", "formatted(locale: String!)", "Money.formatted(locale:)"),
    (
        "formatted(locale: String)",
        "formatted(locale: String, short: Boolean!)",
        "Money.formatted(short:)",
    ),
    ("  ungrouped: Boolean\n", "  ungrouped: Boolean!\n", "UserFilter.ungrouped"),
    ("  ungrouped: Boolean\n", "  ungrouped: Boolean\n  role: ProductRole!\n", "UserFilter.role"),
    ("  TOO_MANY_ACCESS_TOKENS\n", "", "UserErrorCode.TOO_MANY_ACCESS_TOKENS"),
    ("type Product implements Node {", "type Product {", "Product"),
    ("scalar Decimal\n", "enum Decimal {\n  CHEAP\n}\n", "Decimal"),
]


@pytest.mark.parametrize(("part", "instead", "where"), PLANTED)
def test_a_planted_break_is_refused_until_it_is_named(part: str, instead: str, where: str) -> None:
    assert part in TODAY
    broken = TODAY.replace(part, instead, 1)
    assert list(refused(TODAY, broken, CHANGELOG)) == [where]
    notes = f"## Unreleased\n\n### Breaking\n\n- `{where}` is not what it was.\n\n## 1.0\n"
    assert refused(TODAY, broken, notes) == {}


def test_a_default_that_becomes_another_is_a_break() -> None:
    five, six = (TODAY.replace("users(first: Int,", f"users(first: Int = {n},") for n in (5, 6))
    assert set(breaks(five, six)) == {"Account.users(first:)", "SeatGroup.users(first:)"}


@pytest.mark.parametrize(
    "changelog",
    [
        "## Unreleased\n\n- `Money.formatted` is gone.\n",
        "## Unreleased\n\n## 1.0\n\n### Breaking\n\n- `Money.formatted` is gone.\n",
        "## Unreleased\n\n### Breaking\n\n- `Money` is gone.\n\n### Added\n\n- `Money.formatted`\n",
    ],
    ids=["not as breaking", "in another release", "not by its coordinate"],
)
def test_it_must_be_named_as_breaking_in_the_next_release(changelog: str) -> None:
    assert "Money.formatted" not in named(changelog)


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("  pendingSeats: Int\n", "  pendingSeats: Int\n  waitingSeats: Int\n"),
        ("  pendingSeats: Int\n", "  pendingSeats: Int!\n"),
        ("formatted(locale: String)", "formatted(locale: String, short: Boolean)"),
        ("  ungrouped: Boolean\n", "  ungrouped: Boolean\n  role: ProductRole\n"),
        ("  TOO_MANY_ACCESS_TOKENS\n", "  TOO_MANY_ACCESS_TOKENS\n  TOO_LATE\n"),
        ('"""Invite a user."""', '"""Invite somebody."""'),
    ],
)
def test_what_is_added_breaks_nobody(part: str, instead: str) -> None:
    assert part in TODAY
    assert breaks(TODAY, TODAY.replace(part, instead, 1)) == {}
