/** GraphQL over HTTP, as the caller whose token this tab holds. */

import { readToken } from './session.js';

const ACCEPT = 'application/graphql-response+json, application/json;q=0.9';

/** Posts one request body and returns the answer's body: `data`, `errors`, or both. */
export async function post(body, { signal, headers = {} } = {}) {
  const token = readToken();
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      accept: ACCEPT,
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify(body),
    signal,
  });
  try {
    return await response.json();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error(`The server answered ${response.status} without an explanation.`);
  }
}
