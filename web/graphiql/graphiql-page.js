/** The page of the API explorer: GraphiQL, and a bar that says who is asking. */

import { post } from '/static/shared/graphql.js';
import { subscribe } from '/static/shared/live.js';
import {
  followSignedIn,
  forgetToken,
  keepToken,
  readToken,
  takeTokenFromAddress,
} from '/static/shared/session.js';
import { storage } from './storage.js';
import { tabs } from './tabs.js';

const WHO = 'query WhoAmI { viewer { name email } account { name } }';

const element = (id) => document.getElementById(id);

function say(text, refused = false) {
  element('who').textContent = text;
  element('who').classList.toggle('refused', refused);
}

async function showCaller() {
  const asked = readToken();
  element('token').value = asked;
  element('forget').disabled = !asked;
  if (!asked) return say('Not signed in');
  say('Signing in…');
  const [text, refused] = await nameCaller();
  if (readToken() === asked) say(text, refused);
}

async function nameCaller() {
  try {
    const { data, errors } = await post({ query: WHO });
    if (!data) return [errors?.[0]?.message ?? 'The token was refused.', true];
    return [`${data.viewer.name} (${data.viewer.email}), ${data.account.name}`, false];
  } catch {
    return ['The server cannot be reached.', true];
  }
}

function submitToken(event) {
  event.preventDefault();
  if (keepToken(element('token').value)) showCaller();
  else say('That is not a token.', true);
}

function toggleReveal() {
  const hidden = element('token').type === 'password';
  element('token').type = hidden ? 'text' : 'password';
  element('reveal').textContent = hidden ? 'Hide' : 'Show';
  element('reveal').setAttribute('aria-pressed', String(hidden));
}

function forget() {
  forgetToken();
  showCaller();
  element('token').focus();
}

function takeOver() {
  if (takeTokenFromAddress()) showCaller();
}

element('token-form').addEventListener('submit', submitToken);
element('reveal').addEventListener('click', toggleReveal);
element('forget').addEventListener('click', forget);
element('home').addEventListener('click', followSignedIn);
window.addEventListener('hashchange', takeOver);

takeTokenFromAddress();
showCaller();

/** Whether GraphiQL is to run a subscription: it hands over the document that it has parsed. */
function subscribes({ operationName }, documentAST) {
  const operations = documentAST.definitions.filter((one) => one.kind === 'OperationDefinition');
  const chosen = operations.find((one) => one.name?.value === operationName) ?? operations[0];
  return chosen?.operation === 'subscription';
}

function fetcher(body, { headers, documentAST } = {}) {
  const send = documentAST && subscribes(body, documentAST) ? subscribe : post;
  return send(body, { headers });
}

const { React, ReactDOM, GraphiQL } = globalThis;
ReactDOM.createRoot(element('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher,
    storage,
    defaultTabs: tabs,
    defaultEditorToolsVisibility: matchMedia('(max-width: 720px)').matches ? false : 'variables',
    shouldPersistHeaders: false,
  }),
);
