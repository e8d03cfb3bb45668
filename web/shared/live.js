/** GraphQL subscriptions as server-sent events. By fetch: an EventSource cannot send the token. */

import { readToken } from './session.js';

/** The results of a subscription as they come. Ends when the server says so, or with `signal`. */
export async function* subscribe(body, { signal, headers = {} } = {}) {
  const token = readToken();
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    yield await response.json();
    return;
  }
  for await (const { event, data } of events(response.body)) {
    if (event === 'complete') return;
    yield JSON.parse(data);
  }
}

/** What stands between empty lines: the event's name and its data. Comments keep a line warm. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const found = Object.fromEntries(block.split('\n').map(field));
        if (found.event) yield found;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function field(line) {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
