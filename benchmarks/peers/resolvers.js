"use strict";

const { requireBilling } = require("./context");
const { INVOICES, SEAT_GROUPS, SUBSCRIPTION, pool, rows } = require("./database");
const { allocateSeats } = require("./allocations");

const decimals = new Map();

// ISO 4217's decimals, asked for once a currency.
function decimalsOf(currency) {
  let places = decimals.get(currency);
  if (places === undefined) {
    const format = new Intl.NumberFormat("en", { style: "currency", currency });
    places = format.resolvedOptions().maximumFractionDigits;
    decimals.set(currency, places);
  }
  return places;
}

function decimal(minor, currency) {
  const places = decimalsOf(currency);
  const digits = String(minor).padStart(places + 1, "0");
  return places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
}

function money(minor, currency) {
  return { amount: decimal(minor, currency), currency };
}

// Base64 for addresses, with its padding.
function encoded(text) {
  return Buffer.from(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

function cursor(...values) {
  return encoded(`[${values.map((value) => JSON.stringify(value)).join(", ")}]`);
}

function connection(found, size, cursorOf) {
  const edges = found.slice(0, size).map((node) => ({ cursor: cursorOf(node), node }));
  const endCursor = edges.length ? edges[edges.length - 1].cursor : null;
  return { edges, pageInfo: { hasNextPage: found.length > size, endCursor } };
}

const resolvers = {
  Query: {
    // The look-up has read the account's row.
    account: (_, __, { caller }) => ({ id: caller.account_id, name: caller.account_name }),
  },
  Mutation: { allocateSeats },
  Account: {
    subscription: async (account, _, context) => {
      requireBilling(context);
      return (await rows(pool, SUBSCRIPTION, account.id))[0];
    },
    seatGroups: async (account, { first = 50 }, context) => {
      requireBilling(context);
      const found = await rows(pool, SEAT_GROUPS, account.id, first + 1);
      return connection(found, first, (group) => cursor(group.name_key, group.id));
    },
    invoices: async (account, { first = 50 }, context) => {
      requireBilling(context);
      const found = await rows(pool, INVOICES, account.id, first + 1);
      return connection(found, first, (invoice) => cursor(invoice.sequence));
    },
  },
  Subscription: {
    plan: (row) => ({ name: row.plan_name }),
    seatsUsed: (row) => row.seats_used,
    seatsAvailable: (row) => row.seats - row.seats_allocated - row.seats_ungrouped,
    pendingSeats: (row) => row.pending_seats,
    currentPeriod: (row) => ({ start: row.period_start, end: row.period_end }),
  },
  SeatGroup: {
    id: (row) => encoded(`SeatGroup:${row.id.replaceAll("-", "")}`),
    seatsUsed: (row) => row.seats_used,
  },
  Invoice: {
    issuedOn: (row) => row.issued_on,
    lines: async (row, _, { lines }) => {
      const found = await lines.load(row.id);
      for (const line of found) line.currency = row.currency;
      return found;
    },
    total: (row) => money(row.total_minor, row.currency),
  },
  InvoiceLine: {
    unitPrice: (row) => money(row.unit_price_minor, row.currency),
    period: (row) => ({ start: row.period_start, end: row.period_end }),
    amount: (row) => money(row.amount_minor, row.currency),
  },
};

module.exports = { resolvers };
