"use strict";

// M1, with the floor's statements and the product's checks.

const { v7: newKey } = require("uuid");

const { requireBilling } = require("./context");
const { LOCK, READ, WRITE, rows, transaction } = require("./database");

const MAX_SEATS = 1_000_000;

class Refusal extends Error {
  constructor(code, message, ...field) {
    super(message);
    this.code = code;
    this.field = field.length ? ["input", ...field] : null;
  }
}

async function allocateSeats(_, { input }, context) {
  requireBilling(context);
  try {
    const wanted = parsed(input.allocations);
    const seatGroups = await transaction((client) => allocate(client, context, wanted));
    return { seatGroups, userErrors: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, field } = error;
    return { seatGroups: null, userErrors: [{ code, message, field }] };
  }
}

// The wanted seats by group.
function parsed(allocations) {
  const wanted = new Map();
  for (const { seatGroupId, seats } of allocations) {
    const [, digits] = Buffer.from(seatGroupId, "base64url").toString().split("SeatGroup:");
    const key = digits?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    if (!key || wanted.has(key)) throw unknownGroup();
    wanted.set(key, seats);
  }
  return wanted;
}

async function allocate(client, { caller, at }, wanted) {
  const account = caller.account_id;
  const [{ activity_count: count }] = await rows(client, LOCK, account);
  const found = await rows(client, READ, account, caller.id, [...wanted.keys()]);
  const groups = decided(found, wanted);
  const changed = groups.filter((group) => group.seats !== group.before);
  if (changed.length) {
    const growth = changed.reduce((sum, group) => sum + group.seats - group.before, 0);
    const ids = changed.map((group) => group.id);
    const seats = changed.map((group) => group.seats);
    const entry = [newKey(), count + 1, at, caller.id, ...told(changed)];
    await rows(client, WRITE, account, found[0].seats_allocated + growth, ids, seats, ...entry);
  }
  return groups;
}

// The groups as they will be, from what was read under the lock. Throws Refusal.
function decided(found, wanted) {
  const [first] = found;
  if (!first || first.user_status === "DISABLED") {
    throw new Error("The token's user cannot sign in.");
  }
  if (first.status === "CANCELED") {
    throw new Refusal("SUBSCRIPTION_CANCELED", "The subscription has ended.");
  }
  if (!first.features.includes("SEAT_GROUPS")) {
    throw new Refusal("FEATURE_NOT_IN_PLAN", "The plan does not include this.");
  }
  const byId = new Map(found.map((row) => [row.group_id, row]));
  const groups = [...wanted].map(([id, seats], index) => changedGroup(byId.get(id), seats, index));
  const growth = groups.reduce((sum, group) => sum + group.seats - group.before, 0);
  const bound = Math.min(first.seats, first.pending_seats ?? first.seats);
  const free = bound - first.seats_allocated - first.seats_ungrouped;
  if (growth > 0 && growth > free) {
    const message = `Only ${Math.max(free, 0)} more seats can be allocated.`;
    throw new Refusal("NOT_ENOUGH_SEATS", message, "allocations", "0", "seats");
  }
  return groups;
}

function changedGroup(row, seats, index) {
  const field = ["allocations", String(index), "seats"];
  if (!row) throw unknownGroup();
  if (seats < 0 || seats > MAX_SEATS) {
    throw new Refusal("INVALID", "Seats must be between 0 and 1,000,000.", ...field);
  }
  if (seats < row.group_seats_used) {
    const message = `Seat group "${row.name}" has ${row.group_seats_used} paid users.`;
    throw new Refusal("SEAT_GROUP_FULL", message, ...field);
  }
  const { group_id: id, name, group_seats: before, group_seats_used: used } = row;
  return { id, name, seats, before, seats_used: used };
}

function told(changed) {
  const parts = changed.map(({ name, before, seats }) => `"${name}" from ${before} to ${seats}`);
  const before = Object.fromEntries(changed.map((group) => [group.name, group.before]));
  const after = Object.fromEntries(changed.map((group) => [group.name, group.seats]));
  return [`Seats allocated: ${parts.join(", ")}`, before, after];
}

function unknownGroup() {
  return new Refusal("NOT_FOUND", "There is no such seat group.", "allocations");
}

module.exports = { allocateSeats };
