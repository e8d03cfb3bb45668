/** The bearer token of this browser tab. It is gone when the tab is closed. */

const KEY = 'seatwise.token';

export const readToken = () => sessionStorage.getItem(KEY) ?? '';

export const forgetToken = () => sessionStorage.removeItem(KEY);

/** Keeps a token as people paste it; returns false for text that cannot be one. */
export function keepToken(text) {
  const token = text.trim().replace(/^Bearer\s+/i, '');
  if (!/^[\x21-\x7e]+$/.test(token)) return false;
  sessionStorage.setItem(KEY, token);
  return true;
}

/** Takes over a token from `#token=…` and wipes it off the address bar and the history. */
export function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return false;
  history.replaceState(null, '', location.pathname + location.search);
  return keepToken(token);
}
