/** The token that the page around this one, if there is one, hands over by postMessage. */

import { useEffect } from '/static/vendor/preact-htm.js';
import { keepToken } from '/static/shared/session.js';

/** Whether the page lies in a frame. The server says whose pages may do that, and no others can. */
export const isFramed = window.parent !== window;

/** Tells the page around this one that a token is wanted. */
export function askForToken() {
  if (isFramed) window.parent.postMessage({ type: 'seatwise:token-wanted' }, '*');
}

/** Calls back with each token that the page around this one sends, and asks for the first. */
export function useHandOver(onToken) {
  useEffect(() => {
    if (!isFramed) return undefined;
    const take = ({ source, data }) => {
      if (source !== window.parent || data?.type !== 'seatwise:token') return;
      if (typeof data.token !== 'string') return;
      if (keepToken(data.token)) onToken();
    };
    window.addEventListener('message', take);
    askForToken();
    return () => window.removeEventListener('message', take);
  }, []);
}
