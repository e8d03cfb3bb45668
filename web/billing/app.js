/** The billing page: who is signed in, and what they may see and do. */

import { html, render, useCallback, useEffect, useRef, useState } from '/static/vendor/preact-htm.js';
import { brand } from '/static/shared/brand.js';
import { followSignedIn, forgetToken, readToken, takeTokenFromAddress } from '/static/shared/session.js';
import { AccessCard } from './access-card.js';
import { onSignedOut, read } from './api.js';
import { GroupsCard } from './groups-card.js';
import { askForToken, isFramed, useHandOver } from './hand-over.js';
import { FIRST, Page, readNodes, usePage } from './hooks.js';
import { InvoicesCard } from './invoices-card.js';
import { LicenseCard } from './license-card.js';
import { useLive } from './live.js';
import { changesSince, headline } from './news.js';
import { INVOICES, OVERVIEW, SEAT_GROUPS, USERS } from './queries.js';
import { rightsOf } from './rights.js';
import { SignIn } from './sign-in.js';
import { SubscriptionCard } from './subscription-card.js';
import { UsersCard } from './users-card.js';

/** Everything that is shown first, asked for at the same time. */
async function load() {
  const [{ data, trouble }, groups, users, invoices] = await Promise.all([
    read(OVERVIEW),
    readNodes(SEAT_GROUPS, 'seatGroups', Infinity),
    readFirst(USERS, 'users'),
    readFirst(INVOICES, 'invoices'),
  ]);
  const { viewer, account } = data;
  return {
    viewer,
    account,
    known: account.activity?.totalCount ?? null,
    rights: rightsOf(viewer, account),
    groups: groups.nodes,
    first: { users, invoices },
    trouble: trouble ?? groups.trouble,
  };
}

const readFirst = (query, name) =>
  readNodes(query, name, FIRST[name].step, FIRST[name].variables);

function App() {
  const [token, setToken] = useState(readToken);
  const [farewell, setFarewell] = useState(null);
  const signIn = () => setToken(readToken());

  useEffect(() => onSignedOut(signOut), []);
  useEffect(() => {
    const takeOver = () => takeTokenFromAddress() && signIn();
    window.addEventListener('hashchange', takeOver);
    return () => window.removeEventListener('hashchange', takeOver);
  }, []);
  useHandOver(signIn);

  function signOut(reason = null) {
    forgetToken();
    setToken('');
    setFarewell(reason);
    if (reason) askForToken();
  }

  if (!token) return html`<${SignIn} reason=${farewell} onSignedIn=${signIn} />`;
  return html`<${Account} key=${token} onSignOut=${() => signOut()} />`;
}

function Account({ onSignOut }) {
  const [page, setPage] = useState(null);
  const [failure, setFailure] = useState(null);
  const [loads, setLoads] = useState({ revision: 0, busy: false });
  const [message, say] = useMessage();
  const shown = useRef(null);

  const reload = useCallback(async () => {
    setLoads((state) => ({ ...state, busy: true }));
    try {
      shown.current = await load();
      setPage(shown.current);
      setLoads(({ revision }) => ({ revision: revision + 1, busy: false }));
      setFailure(null);
    } catch (error) {
      setFailure(error.message);
      setLoads((state) => ({ ...state, busy: false }));
    }
  }, []);
  useEffect(() => void reload(), []);

  const catchUp = useCallback(async () => {
    const known = shown.current?.known ?? null;
    await reload();
    const news = headline(await changesSince(known), shown.current?.viewer);
    if (news) say(news);
  }, []);
  useLive(catchUp);

  const finish = (text, onClose) => {
    onClose();
    say(text);
    return reload().then(keepFocus);
  };

  const { revision, busy } = loads;
  return html`
    ${!isFramed && html`<${Top} page=${page} onSignOut=${onSignOut} />`}
    <main aria-busy=${busy}>
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

/** What had the focus may be gone: then it goes on from the page's beginning, not from nowhere. */
function keepFocus() {
  if (document.activeElement === document.body) document.querySelector('h1')?.focus();
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
        <p class="brand"><img src="/static/shared/icon.svg" alt="" width="28" height="28" />${brand.name}</p>
        ${brand.explorer &&
        html`<nav aria-label="Site"><a href="/graphql" onClick=${followSignedIn}>API explorer</a></nav>`}
        <div class="who">
          ${page && html`<p>${page.viewer.name}<span>${page.viewer.email}</span></p>`}
          <button type="button" onClick=${onSignOut}>Sign out</button>
        </div>
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
  const { account, groups, first, rights, trouble } = usePage();
  return html`
    <div class="title">
      <div><p>Billing</p><h1 tabindex="-1">${account.name}</h1></div>
      <${Sections} />
    </div>
    ${trouble &&
    html`<p class="notice bad" role="alert">Some of this page could not be loaded: ${trouble}</p>`}
    ${account.subscription && html`<${SubscriptionCard} />`}
    ${!rights.billing && html`<${AccessCard} />`}
    ${groups && html`<${GroupsCard} />`}
    ${first.users.nodes && html`<${UsersCard} />`}
    ${rights.billing && html`<${InvoicesCard} />`}
    <${LicenseCard} />
  `;
}

const SECTIONS = [
  ['seat-groups', 'Seat groups', ({ groups }) => groups],
  ['users', 'Users', ({ first }) => first.users.nodes],
  ['invoices', 'Invoices', ({ rights }) => rights.billing],
  ['license-management', 'License management', () => true],
];

function Sections() {
  const page = usePage();
  const shown = SECTIONS.filter(([, , isShown]) => isShown(page));
  if (shown.length < 2) return null;
  return html`
    <nav class="sections" aria-label="On this page">
      ${shown.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}
    </nav>
  `;
}

document.title = `Billing · ${brand.name}`;
takeTokenFromAddress();
render(html`<${App} />`, document.getElementById('app'));
