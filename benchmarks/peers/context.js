"use strict";

// Who calls: the token is verified and the user looked up at each request.

const DataLoader = require("dataloader");
const { createVerifier } = require("fast-jwt");
const { GraphQLError } = require("graphql");

const { CALLER, LINES, pool, rows } = require("./database");

const NOW = new Date(process.env.BILLING_NOW);

const verify = createVerifier({
  key: process.env.SECRET_KEY,
  algorithms: ["HS256"],
  requiredClaims: ["sub", "account", "exp"],
  clockTimestamp: NOW.getTime(),
  cache: false,
});

function refused(message, code) {
  return new GraphQLError(message, { extensions: { code } });
}

// What a request's resolvers share. Throws UNAUTHENTICATED.
async function contextOf(authorization = "") {
  const caller = await callerOf(authorization);
  const lines = new DataLoader((ids) => linesOf(caller.account_id, ids), { cache: false });
  return { caller, at: NOW, lines };
}

async function callerOf(authorization) {
  let claims;
  try {
    claims = verify(authorization.slice("Bearer ".length));
  } catch {
    throw refused("The token is not valid.", "UNAUTHENTICATED");
  }
  const key = claims.sub.toLowerCase();
  const [caller] = await rows(pool, CALLER, NOW, claims.account, key);
  if (!caller || caller.status === "DISABLED") {
    throw refused("The token's user cannot sign in.", "UNAUTHENTICATED");
  }
  if (caller.overdue) {
    throw new Error("a period is over, and this renews nothing");
  }
  return caller;
}

function requireBilling({ caller }) {
  if (!caller.is_billing_administrator) {
    throw refused("You are not allowed to do this.", "FORBIDDEN");
  }
}

async function linesOf(account, ids) {
  const byInvoice = new Map(ids.map((id) => [id, []]));
  for (const line of await rows(pool, LINES, account, ids)) {
    byInvoice.get(line.invoice_id).push(line);
  }
  return ids.map((id) => byInvoice.get(id));
}

module.exports = { contextOf, requireBilling };
