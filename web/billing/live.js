/** Keeps the page as it is on the server: whatever anybody changes, it is read again. */

import { useEffect } from '/static/vendor/preact-htm.js';
import { subscribe } from '/static/shared/live.js';

const ACCOUNT_CHANGED = 'subscription AccountChanged { accountChanged { version parts } }';

const SHORTEST = 1_000;
const LONGEST = 60_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Calls back after changes of the account, for as long as the page is shown. What is being
 * decided in a dialog stays as it was when the dialog was opened: the server refuses what is
 * stale, and the page is read again once the dialog is closed.
 */
export function useLive(onChange) {
  useEffect(() => {
    const stop = new AbortController();
    follow(onChange, stop.signal);
    return () => stop.abort();
  }, [onChange]);
}

async function follow(onChange, signal) {
  let known = null;
  let wait = SHORTEST;
  while (!signal.aborted) {
    try {
      for await (const { data, errors } of subscribe({ query: ACCOUNT_CHANGED }, { signal })) {
        if (!data) {
          if (errors?.[0]?.extensions?.code === 'UNAUTHENTICATED') return;
          break;
        }
        wait = SHORTEST;
        const { version } = data.accountChanged;
        // The first tells the version as it is: something was missed where it is another one.
        if (known !== null && version !== known) {
          await dialogsClosed(signal);
          if (!signal.aborted) onChange();
        }
        known = version;
      }
    } catch {
      // Away for now: tried again below.
    }
    if (signal.aborted) return;
    await pause(wait * (0.5 + Math.random()));
    wait = Math.min(2 * wait, LONGEST);
  }
}

async function dialogsClosed(signal) {
  while (!signal.aborted && document.querySelector('dialog[open]')) await pause(300);
}
