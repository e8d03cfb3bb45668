/** Signing in: as somebody of the demo, or with a token that is pasted here. */

import { html, useEffect, useState } from '/static/vendor/preact-htm.js';
import { brand } from '/static/shared/brand.js';
import { keepToken } from '/static/shared/session.js';
import { Input } from './forms.js';
import { isFramed } from './hand-over.js';

export function SignIn({ reason, onSignedIn }) {
  const people = useDemo();
  const [text, setText] = useState('');
  const [errors, setErrors] = useState([]);

  function submit(event) {
    event.preventDefault();
    if (keepToken(text)) onSignedIn();
    else setErrors(['That is not a token: it is one long word without spaces.']);
  }

  return html`
    <main class="sign-in">
      <p class="brand"><img src="/static/shared/icon.svg" alt="" width="36" height="36" />${brand.name}</p>
      <div class="card">
        <h1>Sign in to billing</h1>
        ${reason && html`<p class="notice bad" role="alert">You were signed out. ${reason}</p>`}
        ${isFramed && html`<p class="soft" role="status">Waiting for the page around this one…</p>`}
        ${people.length > 0 && html`<${Demo} people=${people} onSignedIn=${onSignedIn} />`}
        <form onSubmit=${submit} novalidate>
          <${Input} label="Access token" type="password" autocomplete="off" value=${text}
            hint="It is kept in this page alone, until it is reloaded or closed." errors=${errors}
            onInput=${setText} />
          <button type="submit" class=${people.length ? '' : 'primary'}>Sign in</button>
        </form>
      </div>
    </main>
  `;
}

/** The people of the demo, where the server offers them. */
function useDemo() {
  const [people, setPeople] = useState([]);
  useEffect(() => {
    fetch('/demo/sign-ins')
      .then((response) => response.json())
      .then((answer) => Array.isArray(answer) && setPeople(answer))
      .catch(() => {});
  }, []);
  return people;
}

function Demo({ people, onSignedIn }) {
  const enter = (token) => keepToken(token) && onSignedIn();
  return html`
    <section class="demo" aria-labelledby="demo">
      <h2 id="demo">The demo: come as</h2>
      <ul>
        ${people.map(
          ({ name, role, account, token }) => html`<li key=${token}>
            <button type="button" onClick=${() => enter(token)}>
              ${name}<span>${role}, ${account}</span>
            </button>
          </li>`,
        )}
      </ul>
      <p class="soft">or with a token:</p>
    </section>
  `;
}
