/** The billing page: who is signed in, and what they may see and do. */

import { html, render, useCallback, useEffect, useState } from '/static/vendor/preact-htm.js';
import { forgetToken, readToken, takeTokenFromAddress } from '/static/shared/session.js';
import { onSignedOut, read } from './api.js';
import { GroupsCard } from './groups-card.js';
import { Page, readNodes, usePage } from './hooks.js';
import { InvoicesCard } from './invoices-card.js';
import { LicenseCard } from './license-card.js';
import { useLive } from './live.js';
import { OVERVIEW, SEAT_GROUPS } from './queries.js';
import { rightsOf } from './rights.js';
import { SignIn } from './sign-in.js';
import { SubscriptionCard } from './subscription-card.js';
import { UsersCard } from './users-card.js';

async function load() {
  const [{ data, trouble }, groups] = await Promise.all([
    read(OVERVIEW),
    readNodes(SEAT_GROUPS, 'seatGroups', Infinity),
  ]);
  const { viewer, account } = data;
  const rights = rightsOf(viewer, account);
  return { viewer, account, rights, groups: groups.nodes, trouble: trouble ?? groups.trouble };
}

function App() {
  const [token, setToken] = useState(readToken);
  const [farewell, setFarewell] = useState(null);

  useEffect(() => onSignedOut(signOut), []);
  useEffect(() => {
    const takeOver = () => takeTokenFromAddress() && setToken(readToken());
    window.addEventListener('hashchange', takeOver);
    return () => window.removeEventListener('hashchange', takeOver);
  }, []);

  function signOut(reason = null) {
    forgetToken();
    setToken('');
    setFarewell(reason);
  }

  if (!token) return html`<${SignIn} reason=${farewell} onSignedIn=${() => setToken(readToken())} />`;
  return html`<${Account} key=${token} onSignOut=${() => signOut()} />`;
}

function Account({ onSignOut }) {
  const [page, setPage] = useState(null);
  const [failure, setFailure] = useState(null);
  const [revision, setRevision] = useState(0);
  const [message, say] = useMessage();

  const reload = useCallback(async () => {
    try {
      setPage(await load());
      setRevision((number) => number + 1);
      setFailure(null);
    } catch (error) {
      setFailure(error.message);
    }
  }, []);
  useEffect(() => void reload(), []);
  useLive(reload);

  const finish = (text, onClose) => {
    onClose();
    say(text);
    return reload();
  };

  return html`
    <${Top} page=${page} onSignOut=${onSignOut} />
    <main>
      ${failure && html`<${Failure} message=${failure} onRetry=${reload} />`}
      ${!page && !failure && html`<p class="loading" role="status">Loading…</p>`}
      ${page &&
      html`<${Page.Provider} value=${{ ...page, revision, reload, say, finish }}><${Cards} /><//>`}
    </main>
    <div class="toast" role="status">
      ${message && html`<p key=${message.at}>${message.text}</p>`}
    </div>
  `;
}

/** A passing message and the function that says it. */
function useMessage() {
  const [message, setMessage] = useState(null);
  const say = useCallback((text) => setMessage({ text, at: performance.now() }), []);
  useEffect(() => {
    const timer = message && setTimeout(() => setMessage(null), 6000);
    return () => clearTimeout(timer);
  }, [message]);
  return [message, say];
}

function Top({ page, onSignOut }) {
  return html`
    <header class="top">
      <div>
        <p class="brand"><img src="/static/shared/icon.svg" alt="" width="28" height="28" />Seatwise</p>
        <nav aria-label="Site"><a href="/graphql">API explorer</a></nav>
        ${page && html`<p class="who">${page.viewer.name}<span>${page.viewer.email}</span></p>`}
        <button type="button" onClick=${onSignOut}>Sign out</button>
      </div>
    </header>
  `;
}

const Failure = ({ message, onRetry }) => html`
  <div class="notice bad" role="alert">
    <p>${message}</p>
    <button type="button" onClick=${onRetry}>Try again</button>
  </div>
`;

function Cards() {
  const { account, trouble } = usePage();
  return html`
    <div class="title"><p>Billing</p><h1>${account.name}</h1></div>
    ${trouble &&
    html`<p class="notice bad" role="alert">Some of this page could not be loaded: ${trouble}</p>`}
    <${SubscriptionCard} />
    <${GroupsCard} />
    <${UsersCard} />
    <${InvoicesCard} />
    <${LicenseCard} />
  `;
}

takeTokenFromAddress();
render(html`<${App} />`, document.getElementById('app'));
