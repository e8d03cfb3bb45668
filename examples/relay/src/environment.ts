import { createClient } from "graphql-ws";
import {
  Environment,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  Store,
} from "relay-runtime";
import WebSocket from "ws";

/** Relay with its store, for whoever the token stands for. Subscriptions come over a WebSocket. */
export function connect(address: string, token: string): Environment {
  const Authorization = `Bearer ${token}`;
  const headers = { Authorization, "Content-Type": "application/json" };
  const sockets = createClient({
    url: `${address.replace("http", "ws")}/graphql`,
    connectionParams: { Authorization },
    webSocketImpl: WebSocket, // browsers have their own, and so has Node.js from 22 on
    shouldRetry: isPassing,
  });
  const network = Network.create(
    async ({ text: query }, variables) => {
      const body = JSON.stringify({ query, variables });
      const response = await fetch(`${address}/graphql`, { method: "POST", headers, body });
      return response.json();
    },
    ({ text, name }, variables) =>
      Observable.create((sink) =>
        sockets.subscribe({ query: text!, operationName: name, variables }, {
          next: (value) => sink.next(value as GraphQLResponse),
          error: (reason) => sink.error(asError(reason)),
          complete: () => sink.complete(),
        }),
      ),
  );
  return new Environment({ network, store: new Store(new RecordSource()) });
}

/** Whether to connect again: the server closes with 4403 where the token opens nothing. */
function isPassing(end: unknown): boolean {
  const { code } = end as Partial<WebSocket.CloseEvent>;
  return code !== undefined && code !== 4403;
}

/** Why a subscription ended: the API's errors, or the connection's end. */
function asError(reason: unknown): Error {
  if (Array.isArray(reason)) {
    return new Error(reason.map((it) => `${it.extensions?.code}: ${it.message}`).join("\n"));
  }
  const { code, reason: why, message } = reason as Partial<WebSocket.CloseEvent & Error>;
  return new Error(message ?? `The connection was closed: ${code} ${why}`);
}
