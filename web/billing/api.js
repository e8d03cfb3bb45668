/** What the page asks and tells the API, and what went wrong when it did. */

import { post } from '/static/shared/graphql.js';
import { readToken } from '/static/shared/session.js';
import { locale } from './format.js';

/** A request without an answer: `code` is the API's, or UNREACHABLE. */
export class ApiError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

const listeners = new Set();

/** Calls back whenever the API no longer accepts the token; returns the way to stop that. */
export function onSignedOut(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function ask(query, variables, signal) {
  try {
    return await post({ query, variables: { locale, ...variables } }, { signal });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    const message = error instanceof TypeError ? 'The server cannot be reached: try again in a moment.' : error.message;
    throw new ApiError(message, 'UNREACHABLE');
  }
}

/**
 * Reads. Fields that the caller may not see are null and the rest stays, so data counts
 * even beside errors; `trouble` is the first error that is no missing right, or null.
 */
export async function read(query, variables, signal) {
  const token = readToken();
  const { data, errors = [] } = await ask(query, variables, signal);
  if (!data) throw refused(errors[0], token);
  const fault = errors.find((error) => error.extensions?.code !== 'FORBIDDEN');
  return { data, trouble: fault?.message ?? null };
}

/** Runs a mutation of one field and returns its payload. */
export async function write(mutation, input) {
  const token = readToken();
  const { data, errors = [] } = await ask(mutation, { input });
  if (!data) throw refused(errors[0], token);
  return Object.values(data)[0];
}

/** What a request with this token was refused for. Another token may have come meanwhile. */
function refused(error, token) {
  const code = error?.extensions?.code;
  if (code === 'UNAUTHENTICATED' && token === readToken()) listeners.forEach((listener) => listener(error.message));
  return new ApiError(error?.message ?? 'The server sent no answer.', code);
}

/** A key by which the API recognizes a repeated request. */
export function newIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
