/** The questions that the explorer opens with, one a tab. docs/tour.md shows the same, with answers. */

const reviewThePage = `# What a billing page shows: the plan, its
# seats, the groups, the newest invoices.
query ReviewThePage {
  account {
    name
    subscription {
      plan { name }
      interval
      status
      seats
      seatsUsed
      seatsAvailable
      seatsAllocated
      pendingSeats
      unitPrice { formatted }
      currentPeriod { start end }
      cancelAtPeriodEnd
      endsOn
      version
      upcomingInvoice { total { formatted } }
    }
    seatGroups(first: 50) {
      totalCount
      edges { node { id name seats seatsUsed seatsAvailable administrators { name } } }
    }
    invoices(first: 10) {
      totalCount
      edges { node { number issuedOn status total { formatted } pdfUrl } }
    }
  }
}
`;

const previewAChange = `# What a new total of seats would do and cost.
# Changes nothing.
query PreviewAChange($seats: Int!) {
  account {
    subscription {
      seats
      version
      seatChangePreview(seats: $seats) {
        kind
        effectiveOn
        invoice {
          lines { description quantity unitPrice { formatted } period { start end } amount { formatted } }
          subtotal { formatted }
          tax { formatted }
          total { formatted }
        }
        upcomingInvoice { total { formatted } }
        usersToDisable { name email lastActiveAt }
        userErrors { code message field }
      }
    }
  }
}
`;

const changeUsers = `# Sets the total of paid seats.
# More: at once, with a pro-rated invoice.
# Fewer: from the next period on.
# Add "expectedVersion" (see CurrentVersion) to
# be refused when someone else was faster, and an
# "idempotencyKey" to be able to repeat safely.
mutation ChangeUsers($input: ChangeUsersInput!) {
  changeUsers(input: $input) {
    subscription { seats pendingSeats currentPeriod { end } version }
    invoice { number total { formatted } pdfUrl }
    userErrors { code message field }
  }
}

query CurrentVersion {
  account { subscription { seats pendingSeats version } }
}
`;

const cancelOrResume = `# CancelSubscription ends it with the period that is
# paid for; until then ResumeSubscription takes it back.
mutation CancelSubscription {
  cancelSubscription(input: {}) {
    subscription { status cancelAtPeriodEnd endsOn version }
    userErrors { code message field }
  }
}

mutation ResumeSubscription {
  resumeSubscription(input: {}) {
    subscription { status cancelAtPeriodEnd endsOn version }
    userErrors { code message field }
  }
}
`;

const manageLicenses = `# Who may manage users, and whether each new paid
# user needs a seat group.
mutation ManageLicenses($input: UpdateLicenseManagementInput!) {
  updateLicenseManagement(input: $input) {
    account { licenseManagement { onlyBillingAdministratorsManageUsers seatGroupRequired } }
    userErrors { code message field }
  }
}
`;

const createAGroup = `# A seat group and its part of the seats.
# AdministratorsToChoose lists users: put ids
# of them into "administratorIds".
mutation CreateAGroup($input: CreateSeatGroupInput!) {
  createSeatGroup(input: $input) {
    seatGroup { id name seats seatsAvailable administrators { name email } }
    userErrors { code message field }
  }
}

query AdministratorsToChoose {
  account { users(first: 20) { edges { node { id name email } } } }
}
`;

const allocateSeats = `# How many seats groups have, all or none.
# Groups lists them with their ids.
mutation AllocateSeats($input: AllocateSeatsInput!) {
  allocateSeats(input: $input) {
    subscription { seats seatsAllocated seatsAvailable }
    seatGroups { name seats seatsUsed seatsAvailable }
    userErrors { code message field }
  }
}

query Groups {
  account { seatGroups(first: 50) { edges { node { id name seats seatsUsed } } } }
}
`;

const inviteIntoIt = `# 1. Run GroupsAndProducts, the second operation.
# 2. Put the id of a group into "seatGroupId" and
#    the id of a product into "productId".
# 3. Run InviteIntoIt.
mutation InviteIntoIt($input: InviteUserInput!) {
  inviteUser(input: $input) {
    user {
      id
      status
      takesSeat
      seatGroup { name seatsUsed seatsAvailable }
      productPermissions { product { name } role }
    }
    userErrors { code message field }
  }
}

query GroupsAndProducts {
  account {
    seatGroups(first: 50) { edges { node { id name seatsAvailable } } }
    products { id name }
  }
}
`;

const listInvoices = `# Newest first. For the next page put "endCursor"
# into "after".
query ListInvoices($first: Int, $after: String) {
  account {
    invoices(first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges {
        node {
          number
          kind
          status
          issuedOn
          dueOn
          total { amount currency formatted }
          pdfUrl
        }
      }
    }
  }
}
`;

const exportInvoices = `# Links to the invoices of some days: PDFs as one
# ZIP, and a table. They are good for 15 minutes.
query ExportInvoices($from: Date, $to: Date) {
  account {
    invoiceExport(from: $from, to: $to) { invoiceCount zipUrl csvUrl expiresAt }
  }
}
`;

const followChanges = `# Listens until you stop it: change something in another tab.
subscription FollowChanges {
  accountChanged {
    version
    parts
  }
}
`;

/** A tab; its variables are JSON, as the editor shows them. */
const tab = (query, variables) => ({ query, variables, headers: null });

export const tabs = [
  tab(reviewThePage),
  tab(previewAChange, `{ "seats": 70 }`),
  tab(changeUsers, `{ "input": { "seats": 70 } }`),
  tab(cancelOrResume),
  tab(manageLicenses, `{ "input": { "seatGroupRequired": true } }`),
  tab(createAGroup, `{
  "input": { "name": "Customer care", "seats": 2, "administratorIds": [] }
}`),
  tab(allocateSeats, `{
  "input": { "allocations": [{ "seatGroupId": "PUT A GROUP ID HERE", "seats": 1 }] }
}`),
  tab(inviteIntoIt, `{
  "input": {
    "email": "new.colleague@example.com",
    "name": "New Colleague",
    "seatGroupId": "PUT A GROUP ID HERE",
    "permissions": [
      { "productId": "PUT A PRODUCT ID HERE", "role": "CONTRIBUTOR" }
    ]
  }
}`),
  tab(listInvoices, `{ "first": 6, "after": null }`),
  tab(exportInvoices, `{ "from": "2026-01-01", "to": "2026-12-31" }`),
  tab(followChanges),
];
