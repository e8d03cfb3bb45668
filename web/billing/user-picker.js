/** Choosing users by searching for them. */

import { html, useEffect, useState } from '/static/vendor/preact-htm.js';
import { Input } from './forms.js';
import { readNodes, useDebounced } from './hooks.js';
import { USERS } from './queries.js';

const OFFERED = 6;

/** `picked` are users; `onChange` gets the users that are picked from now on. */
export function UserPicker({ label, picked, errors, onChange }) {
  const [text, setText] = useState('');
  const found = useFound(useDebounced(text.trim()));
  const offered = text.trim() ? found.filter(({ id }) => !picked.some((user) => user.id === id)) : [];

  function pick(user) {
    onChange([...picked, user]);
    setText('');
  }

  return html`
    <div class="picker">
      <${Input} label=${label} type="search" autocomplete="off" placeholder="Search by name or e-mail"
        value=${text} errors=${errors} onInput=${setText} />
      <ul class="offers" aria-label="Users found">
        ${offered.map(
          (user) => html`<li key=${user.id}>
            <button type="button" onClick=${() => pick(user)}>
              Add ${user.name} <span>${user.email}</span>
            </button>
          </li>`,
        )}
      </ul>
      <ul class="chips" aria-label="${label} chosen">
        ${picked.map(
          (user) => html`<li key=${user.id}>
            ${user.name}
            <button type="button" aria-label="Remove ${user.name}"
              onClick=${() => onChange(picked.filter(({ id }) => id !== user.id))}>×</button>
          </li>`,
        )}
      </ul>
    </div>
  `;
}

function useFound(search) {
  const [found, setFound] = useState([]);
  useEffect(() => {
    if (!search) return undefined;
    const stop = new AbortController();
    readNodes(USERS, 'users', OFFERED, { filter: { search } }, stop.signal)
      .then(({ nodes }) => setFound(nodes ?? []))
      .catch(() => stop.signal.aborted || setFound([]));
    return () => stop.abort();
  }, [search]);
  return found;
}
