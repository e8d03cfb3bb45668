/** Shows an account's billing from Relay's store, and keeps it right while users are changed.
 *
 *     npm start -- http://127.0.0.1:8000 TOKEN 70
 */
import { randomUUID } from "node:crypto";
import {
  commitMutation,
  createOperationDescriptor,
  type Environment,
  fetchQuery,
  getRequest,
  graphql,
  requestSubscription,
} from "relay-runtime";
import type {
  billingChangeUsersMutation,
  billingChangeUsersMutation$data,
} from "./__generated__/billingChangeUsersMutation.graphql";
import type {
  billingChangesSubscription,
  billingChangesSubscription$data,
} from "./__generated__/billingChangesSubscription.graphql";
import type {
  billingInvoicesQuery,
  billingInvoicesQuery$data,
} from "./__generated__/billingInvoicesQuery.graphql";
import type { billingPreviewQuery } from "./__generated__/billingPreviewQuery.graphql";
import type { billingQuery, billingQuery$data } from "./__generated__/billingQuery.graphql";
import { connect } from "./environment";

const BILLING = graphql`
  query billingQuery {
    account {
      name
      subscription {
        seats
        version
        plan {
          name
        }
      }
    }
  }
`;

const PREVIEW = graphql`
  query billingPreviewQuery($seats: Int!) {
    account {
      subscription {
        seatChangePreview(seats: $seats) {
          kind
          effectiveOn
          invoice {
            total {
              formatted
            }
          }
          userErrors {
            code
            message
            field
          }
        }
      }
    }
  }
`;

const INVOICES = graphql`
  query billingInvoicesQuery($count: Int!, $cursor: String) {
    account {
      invoices(first: $count, after: $cursor) @connection(key: "billing_invoices") {
        edges {
          node {
            number
            status
            issuedOn
            total {
              formatted
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`;

// The subscription comes back with its global id: by that it is changed in the store.
const CHANGE_USERS = graphql`
  mutation billingChangeUsersMutation($input: ChangeUsersInput!) {
    changeUsers(input: $input) {
      subscription {
        seats
        version
      }
      invoice {
        number
      }
      userErrors {
        code
        message
        field
      }
    }
  }
`;

const CHANGES = graphql`
  subscription billingChangesSubscription {
    accountChanged {
      version
      parts
    }
  }
`;

type Refusals = billingChangeUsersMutation$data["changeUsers"]["userErrors"];

/** What the caller can act on: the reasons are data, each with a code and the field at fault. */
class Refused extends Error {
  constructor(readonly reasons: Refusals) {
    super(reasons.map((it) => `${it.code} at ${it.field?.join(".")}: ${it.message}`).join("\n"));
  }
}

/** Hands on what the query finds in the store, now and whenever that changes. */
function watch(environment: Environment, show: (data: billingQuery$data) => void): void {
  const operation = createOperationDescriptor(getRequest(BILLING), {});
  environment.retain(operation);
  const seen = environment.lookup(operation.fragment);
  show(seen.data as unknown as billingQuery$data);
  environment.subscribe(seen, ({ data }) => show(data as unknown as billingQuery$data));
}

/** What a change would cost now. Throws Refused where it would be refused. */
async function preview(environment: Environment, seats: number) {
  const answer = await fetchQuery<billingPreviewQuery>(environment, PREVIEW, { seats }).toPromise();
  const found = answer!.account.subscription!.seatChangePreview;
  if (found.userErrors.length) throw new Refused(found.userErrors);
  return found;
}

/** Changes the total of users, if nobody changed anything since that version: else STALE. */
function changeUsers(environment: Environment, seats: number, expectedVersion: number) {
  const input = { seats, expectedVersion, idempotencyKey: randomUUID() };
  return new Promise<billingChangeUsersMutation$data["changeUsers"]>((resolve, reject) => {
    commitMutation<billingChangeUsersMutation>(environment, {
      mutation: CHANGE_USERS,
      variables: { input },
      onError: reject,
      onCompleted: ({ changeUsers }) =>
        changeUsers.userErrors.length
          ? reject(new Refused(changeUsers.userErrors))
          : resolve(changeUsers),
    });
  });
}

/** All invoices, newest first: each page is added to the connection in the store. */
async function invoices(environment: Environment, count: number) {
  let page: billingInvoicesQuery$data | undefined;
  do {
    const cursor = page?.account.invoices?.pageInfo.endCursor;
    const variables = { count, cursor };
    page = await fetchQuery<billingInvoicesQuery>(environment, INVOICES, variables).toPromise();
  } while (page?.account.invoices?.pageInfo.hasNextPage);
  return page!.account.invoices!.edges.map((edge) => edge.node);
}

/** Each change of the account. The first comes at once: what is read after it misses nothing. */
function changes(environment: Environment) {
  let stop: (() => void) | undefined;
  return new ReadableStream<billingChangesSubscription$data["accountChanged"]>({
    start: (stream) => {
      stop = requestSubscription<billingChangesSubscription>(environment, {
        subscription: CHANGES,
        variables: {},
        onNext: (told) => stream.enqueue(told!.accountChanged),
        onError: (error) => stream.error(error),
      }).dispose;
    },
    cancel: () => stop?.(),
  });
}

async function main(address: string, token: string, seats: number): Promise<void> {
  const environment = connect(address, token);
  for await (const change of changes(environment)) {
    if (change.parts.includes("SUBSCRIPTION")) break;

    const answer = await fetchQuery<billingQuery>(environment, BILLING, {}).toPromise();
    const subscription = answer?.account.subscription;
    // What the caller may not see is null, with a FORBIDDEN error; the rest of the answer stays.
    if (!subscription) throw new Error("Only billing administrators see the subscription.");
    watch(environment, ({ account: { name, subscription } }) =>
      console.log(`${name}: ${subscription!.seats} users on ${subscription!.plan.name}`),
    );
    const { kind, invoice, effectiveOn } = await preview(environment, seats);
    if (kind === "UNCHANGED") break;
    console.log(`${seats} users from ${effectiveOn} on: ${invoice?.total.formatted ?? "free"} now`);
    const changed = await changeUsers(environment, seats, subscription.version);
    console.log(`changed, with invoice ${changed.invoice?.number ?? "none"}`);
  }
  for (const invoice of await invoices(environment, 5)) {
    console.log(invoice.number, invoice.issuedOn, invoice.status, invoice.total.formatted);
  }
}

const [address = "", token = "", seats] = process.argv.slice(2);
main(address, token, Number(seats)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
