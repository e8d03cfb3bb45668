import { setTimeout as sleep } from "node:timers/promises";
import { Client, type CombinedError, fetchExchange, type OperationResult } from "@urql/core";
import type { RefusalFragment } from "./gql/graphql.js";

/** What the API refuses as a whole, such as UNAUTHENTICATED: a code for programs. */
export class Failed extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

/** What the caller can act on: the reasons are data, each with a code and the field at fault. */
export class Refused extends Error {
  constructor(readonly reasons: RefusalFragment[]) {
    super(reasons.map((it) => `${it.code} at ${it.field?.join(".")}: ${it.message}`).join("\n"));
  }
}

/** A client that comes as whoever the token stands for. Subscriptions are server-sent events. */
export function connect(address: string, token: string): Client {
  return new Client({
    url: `${address}/graphql`,
    exchanges: [fetchExchange],
    fetchOptions: { headers: { Authorization: `Bearer ${token}` } },
    fetchSubscriptions: true,
    preferGetMethod: false,
  });
}

/** The data of an answer. Throws Failed where the API gave none, and the error of the line. */
export function dataOf<Data>({ data, error }: OperationResult<Data>): Data {
  const failure = error?.graphQLErrors[0];
  if (failure) throw new Failed(codeOf(failure), failure.message);
  if (error) throw error;
  if (!data) throw new Error("The answer has no data.");
  return data;
}

/**
 * Sends a mutation until it is answered, with pauses that grow. For mutations with an
 * idempotencyKey alone: whether an attempt or its answer was lost, it is done once.
 */
export async function untilAnswered<Data>(
  send: () => PromiseLike<OperationResult<Data>>,
  attempts = 8,
): Promise<Data> {
  for (let attempt = 1; ; attempt++) {
    const result = await send();
    if (attempt === attempts || !isPassing(result.error)) return dataOf(result);
    await sleep(250 * 2 ** attempt * (0.5 + Math.random()));
  }
}

/** Whether the line broke, or the server was too busy. */
function isPassing(error: CombinedError | undefined): boolean {
  if (!error) return false;
  const codes = error.graphQLErrors.map(codeOf);
  const passing = ["SERVICE_UNAVAILABLE", "RATE_LIMITED"];
  return error.networkError !== undefined || codes.some((code) => passing.includes(code));
}

function codeOf(error: { extensions: Record<string, unknown> }): string {
  return String(error.extensions["code"]);
}
