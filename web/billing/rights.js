/**
 * What to offer to the caller. The API decides; this only keeps the page from offering
 * what it is known to refuse.
 */
export function rightsOf(viewer, { licenseManagement, products }) {
  const billing = viewer.isBillingAdministrator;
  const restricted = licenseManagement.onlyBillingAdministratorsManageUsers && !billing;
  const manages = billing || (viewer.isAdministrator && !restricted);
  const administered = new Set(viewer.administeredSeatGroups.map((group) => group.id));
  const owned = new Set(ownedProducts(viewer));
  const owns = owned.size > 0 && !restricted;
  const anyProduct = manages || administered.size > 0;
  const everyGroup = billing || ((manages || owns) && !licenseManagement.seatGroupRequired);
  return {
    billing,
    /** Whether the caller would manage users, were it not left to billing administrators. */
    restricted: restricted && (viewer.isAdministrator || owned.size > 0),
    /** Whether the caller sees all users and groups. */
    everybody: billing || viewer.isAdministrator || owned.size > 0,
    invite: manages || owns || administered.size > 0,
    inviteProducts: products.filter((product) => anyProduct || owned.has(product.id)),
    /** Whether the caller may put users into this group, null being no group. */
    useGroup: (groupId) => everyGroup || administered.has(groupId),
    /** Whether the caller may disable, enable and move this user. */
    change: (user) => manages || administered.has(user.seatGroup?.id),
    /** The products in which the caller may set this user's role. */
    rolesOf: (user) =>
      manages || administered.has(user.seatGroup?.id)
        ? products
        : products.filter(({ id }) => owns && owned.has(id)),
  };
}

const ownedProducts = (viewer) =>
  viewer.productPermissions.filter(({ role }) => role === 'OWNER').map(({ product }) => product.id);
