/** Every document that the page sends. */

const USER_ERRORS = 'userErrors { code message field }';

export const OVERVIEW = `query Overview($locale: String) {
  viewer {
    id name email isAdministrator isBillingAdministrator
    administeredSeatGroups { id }
    productPermissions { role product { id } }
  }
  account {
    id name
    products { id name }
    licenseManagement { onlyBillingAdministratorsManageUsers seatGroupRequired }
    subscription {
      id status interval version
      plan { name features }
      unitPrice { formatted(locale: $locale) }
      seats seatsUsed seatsAvailable seatsAllocated pendingSeats
      currentPeriod { start end }
      cancelAtPeriodEnd endsOn
      upcomingInvoice { total { formatted(locale: $locale) } }
    }
    activity(first: 1) { totalCount }
  }
}`;

export const ACTIVITY = `query Activity($first: Int) {
  account {
    activity(first: $first) {
      totalCount
      edges { node { id at action summary actor { id name } } }
    }
  }
}`;

export const SEAT_GROUPS = `query SeatGroups($first: Int, $after: String) {
  account {
    seatGroups(first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { node { id name seats seatsUsed administrators { id name email } } }
    }
  }
}`;

export const USERS = `query Users($first: Int, $after: String, $filter: UserFilter) {
  account {
    users(first: $first, after: $after, filter: $filter) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges {
        node {
          id name email status takesSeat isAdministrator isBillingAdministrator
          seatGroup { id name }
          productPermissions { role product { id name } }
        }
      }
    }
  }
}`;

export const INVOICES = `query Invoices($first: Int, $after: String, $locale: String) {
  account {
    invoices(first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges {
        node {
          id number issuedOn dueOn status total { formatted(locale: $locale) }
          pdfUrl facturXUrl ublUrl
          credited { amount } amountDue { formatted(locale: $locale) } credits { number }
        }
      }
    }
  }
}`;

export const INVOICE_EXPORT = `query InvoiceExport($from: Date, $to: Date) {
  account { invoiceExport(from: $from, to: $to) { invoiceCount zipUrl csvUrl } }
}`;

export const SEAT_CHANGE_PREVIEW = `query SeatChangePreview($seats: Int!, $locale: String) {
  account {
    subscription {
      version
      seatChangePreview(seats: $seats) {
        kind seats effectiveOn
        invoice { ...Invoice }
        upcomingInvoice { total { formatted(locale: $locale) } }
        usersToDisable { id name email }
        ${USER_ERRORS}
      }
    }
  }
}
fragment Invoice on InvoicePreview {
  lines {
    description quantity
    unitPrice { formatted(locale: $locale) }
    amount { formatted(locale: $locale) }
  }
  subtotal { formatted(locale: $locale) }
  tax { formatted(locale: $locale) }
  taxes { name rate amount { formatted(locale: $locale) } }
  taxNote
  total { formatted(locale: $locale) }
}`;

const mutation = (field, input, answer) =>
  `mutation ($input: ${input}!) { ${field}(input: $input) { ${answer} ${USER_ERRORS} } }`;

export const CHANGE_USERS = mutation(
  'changeUsers',
  'ChangeUsersInput',
  'subscription { seats pendingSeats } invoice { number }',
);
export const CANCEL = mutation(
  'cancelSubscription',
  'CancelSubscriptionInput',
  'subscription { endsOn }',
);
export const RESUME = mutation(
  'resumeSubscription',
  'ResumeSubscriptionInput',
  'subscription { status }',
);
export const CREATE_GROUP = mutation(
  'createSeatGroup',
  'CreateSeatGroupInput',
  'seatGroup { name }',
);
export const UPDATE_GROUP = mutation(
  'updateSeatGroup',
  'UpdateSeatGroupInput',
  'seatGroup { name }',
);
export const ALLOCATE_SEATS = mutation(
  'allocateSeats',
  'AllocateSeatsInput',
  'seatGroups { id seats }',
);
export const DELETE_GROUP = mutation(
  'deleteSeatGroup',
  'DeleteSeatGroupInput',
  'deletedSeatGroupId',
);
export const INVITE_USER = mutation('inviteUser', 'InviteUserInput', 'user { name }');
export const ASSIGN_GROUP = mutation('assignSeatGroup', 'AssignSeatGroupInput', 'users { id }');
export const DISABLE_USER = mutation('disableUser', 'DisableUserInput', 'user { id }');
export const ENABLE_USER = mutation('enableUser', 'EnableUserInput', 'user { id }');
export const SET_ROLE = mutation(
  'setProductPermission',
  'SetProductPermissionInput',
  'user { id }',
);
export const SET_ADMINISTRATOR = mutation(
  'setAdministrator',
  'SetAdministratorInput',
  'user { id }',
);
export const SET_LICENSE_MANAGEMENT = mutation(
  'updateLicenseManagement',
  'UpdateLicenseManagementInput',
  'account { id }',
);
