/** Signing in: a token is pasted here, or came with the address. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { keepToken } from '/static/shared/session.js';
import { Input } from './forms.js';

export function SignIn({ reason, onSignedIn }) {
  const [text, setText] = useState('');
  const [errors, setErrors] = useState([]);

  function submit(event) {
    event.preventDefault();
    if (keepToken(text)) onSignedIn();
    else setErrors(['That is not a token: it is one long word without spaces.']);
  }

  return html`
    <main class="sign-in">
      <p class="brand"><img src="/static/shared/icon.svg" alt="" width="36" height="36" />Seatwise</p>
      <form class="card" onSubmit=${submit} novalidate>
        <h1>Sign in to billing</h1>
        ${reason && html`<p class="notice bad" role="alert">You were signed out. ${reason}</p>`}
        <${Input} label="Access token" type="password" autocomplete="off" value=${text}
          hint="It is kept in this browser tab only." errors=${errors} onInput=${setText} />
        <button type="submit" class="primary">Sign in</button>
      </form>
    </main>
  `;
}
