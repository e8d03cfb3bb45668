"""The GraphQL documents that are measured, word for word the same for every server."""

BILLING_PAGE = """query BillingPage {
  account {
    name
    subscription {
      plan { name } seats seatsUsed seatsAvailable pendingSeats
      currentPeriod { start end } version
    }
    seatGroups(first: 5) { edges { node { name seats seatsUsed } } }
    invoices(first: 10) {
      edges { cursor node { number issuedOn status total { amount currency } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

INVOICE_HISTORY = """query InvoiceHistory {
  account {
    invoices(first: 100) {
      edges {
        node {
          number issuedOn status
          lines {
            description quantity unitPrice { amount currency }
            period { start end } amount { amount currency }
          }
          total { amount currency }
        }
      }
    }
  }
}"""

SMALLEST = "query Smallest { account { name } }"

ALLOCATE = """mutation Allocate($input: AllocateSeatsInput!) {
  allocateSeats(input: $input) {
    seatGroups { id seats seatsUsed }
    userErrors { code message field }
  }
}"""

CHANGE_USERS = """mutation ChangeUsers($input: ChangeUsersInput!) {
  changeUsers(input: $input) {
    subscription { seats version }
    invoice { number total { amount currency } }
    userErrors { code message field }
  }
}"""
