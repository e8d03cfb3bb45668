/** The bearer token of this page. It is in memory alone: whoever reloads signs in anew. */

let token = '';

export const readToken = () => token;

export const forgetToken = () => void (token = '');

/** Keeps a token as people paste it; returns false for text that cannot be one. */
export function keepToken(text) {
  const found = text.trim().replace(/^Bearer\s+/i, '');
  if (!/^[\x21-\x7e]+$/.test(found)) return false;
  token = found;
  return true;
}

/** Takes over a token from `#token=…` and wipes it off the address bar and the history. */
export function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return false;
  history.replaceState(null, '', location.pathname + location.search);
  return keepToken(given);
}

/** Follows a link to another page of ours with the token, which would not outlive the way. */
export function followSignedIn(event) {
  if (!token || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.assign(`${event.currentTarget.pathname}#token=${encodeURIComponent(token)}`);
}
