/** Shows an account's billing, changes its users, and sees the change arrive.
 *
 *     npm start -- http://127.0.0.1:8000 TOKEN 70
 */
import { randomUUID } from "node:crypto";
import type { Client } from "@urql/core";
import { toAsyncIterable } from "wonka";
import { connect, dataOf, Refused, untilAnswered } from "./client.js";
import {
  BillingDocument,
  ChangesDocument,
  ChangeUsersDocument,
  InvoicesDocument,
  type InvoicesQuery,
  PreviewDocument,
} from "./gql/graphql.js";

type InvoicePage = NonNullable<InvoicesQuery["account"]["invoices"]>;
type Invoice = InvoicePage["edges"][number]["node"];

async function billing(client: Client) {
  const { account } = dataOf(await client.query(BillingDocument, {}));
  // Null for whoever is no billing administrator, with a FORBIDDEN error that dataOf throws.
  return { name: account.name, subscription: account.subscription! };
}

/** What a change would cost now. Throws Refused where it would be refused. */
async function preview(client: Client, seats: number) {
  const { account } = dataOf(await client.query(PreviewDocument, { seats }));
  const preview = account.subscription!.seatChangePreview;
  if (preview.userErrors.length) throw new Refused(preview.userErrors);
  return preview;
}

/** Changes the total of users, if nobody changed anything since that version: else STALE. */
async function changeUsers(client: Client, seats: number, expectedVersion: number) {
  const input = { seats, expectedVersion, idempotencyKey: randomUUID() };
  const answer = await untilAnswered(() => client.mutation(ChangeUsersDocument, { input }));
  const { subscription, invoice, userErrors } = answer.changeUsers;
  if (userErrors.length) throw new Refused(userErrors);
  return { subscription: subscription!, invoice };
}

/** All invoices, newest first, a page at a time. */
async function* invoices(client: Client, first = 50): AsyncGenerator<Invoice> {
  let page: InvoicePage | undefined;
  do {
    const after = page?.pageInfo.endCursor ?? null;
    page = dataOf(await client.query(InvoicesDocument, { first, after })).account.invoices!;
    yield* page.edges.map((edge) => edge.node);
  } while (page.pageInfo.hasNextPage);
}

/** Each change of the account. The first comes at once: what is read after it misses nothing. */
async function* changes(client: Client) {
  for await (const told of toAsyncIterable(client.subscription(ChangesDocument, {}))) {
    yield dataOf(told).accountChanged;
  }
}

async function main(address: string, token: string, seats: number): Promise<void> {
  const client = connect(address, token);
  for await (const change of changes(client)) {
    const { name, subscription } = await billing(client);
    console.log(`${name}: ${subscription.seats} users on ${subscription.plan.name}`);
    if (change.parts.includes("SUBSCRIPTION")) break;

    const { kind, invoice, effectiveOn } = await preview(client, seats);
    if (kind === "UNCHANGED") break;
    console.log(`${seats} users from ${effectiveOn} on: ${invoice?.total.formatted ?? "free"} now`);
    const changed = await changeUsers(client, seats, subscription.version);
    console.log(`changed, with invoice ${changed.invoice?.number ?? "none"}`);
  }
  for await (const invoice of invoices(client, 5)) {
    console.log(invoice.number, invoice.issuedOn, invoice.status, invoice.total.formatted);
  }
}

const [address = "", token = "", seats] = process.argv.slice(2);
main(address, token, Number(seats)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
