/** The users: searched, filtered, and what can be done with each. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { Input, Select } from './forms.js';
import { count, users as usersText, word } from './format.js';
import { useDebounced, useNodes, usePage } from './hooks.js';
import { InviteDialog } from './invite-dialog.js';
import { USERS } from './queries.js';
import { RolesDialog } from './roles-dialog.js';
import { DisableDialog, EnableDialog, MoveDialog, usePlaces } from './user-dialogs.js';

const ALL = { search: '', status: '', seat: '', group: '' };
const SEATS = [['', 'Any'], ['PAID', 'Paid'], ['NONE', 'None']];
const UNGROUPED = 'ungrouped';

export function UsersCard() {
  const { rights } = usePage();
  const [wanted, setWanted] = useState(ALL);
  const filter = filterFor({ ...wanted, search: useDebounced(wanted.search) });
  const list = useNodes(USERS, 'users', { variables: { filter } });
  const [open, setOpen] = useState(null);
  const Opened = open?.dialog;
  return html`
    <section class="card" aria-labelledby="users">
      <header>
        <h2 id="users">Users</h2>
        ${rights.invite &&
        html`<button type="button" onClick=${() => setOpen({ dialog: InviteDialog })}>Invite user</button>`}
      </header>
      ${list.trouble && html`<p class="notice bad" role="alert">${list.trouble}</p>`}
      <${Filters} wanted=${wanted} onChange=${setWanted} />
      <${Users} list=${list} onOpen=${(dialog, user) => setOpen({ dialog, user })}
        onAll=${() => setWanted(ALL)} />
      ${Opened && html`<${Opened} user=${open.user} onClose=${() => setOpen(null)} />`}
    </section>
  `;
}

function filterFor({ search, status, seat, group }) {
  const place = group === UNGROUPED ? { ungrouped: true } : group && { seatGroupId: group };
  return {
    ...(search.trim() && { search: search.trim() }),
    ...(status && { status }),
    ...(seat && { takesSeat: seat === 'PAID' }),
    ...place,
  };
}

function Filters({ wanted, onChange }) {
  const { groups } = usePage();
  const set = (name) => (value) => onChange({ ...wanted, [name]: value });
  const states = ['ACTIVE', 'INVITED', 'DISABLED'].map((status) => [status, word(status)]);
  const places = [[UNGROUPED, 'No group'], ...(groups ?? []).map(({ id, name }) => [id, name])];
  return html`
    <div class="filters" role="search" aria-label="Users">
      <${Input} label="Search" type="search" placeholder="Name or e-mail" value=${wanted.search}
        onInput=${set('search')} />
      <${Select} label="Status" value=${wanted.status} options=${[['', 'Any'], ...states]}
        onChoose=${set('status')} />
      <${Select} label="Seat" value=${wanted.seat} options=${SEATS} onChoose=${set('seat')} />
      ${groups?.length > 0 &&
      html`<${Select} label="Group" value=${wanted.group} options=${[['', 'Any'], ...places]}
        onChoose=${set('group')} />`}
    </div>
  `;
}

function Users({ list, onOpen, onAll }) {
  if (!list.nodes) return null;
  return html`
    <p class="soft" role="status">
      ${list.nodes.length ? usersText(list.totalCount) : 'No user matches.'}
    </p>
    ${!list.nodes.length && html`<button type="button" class="more" onClick=${onAll}>Show all users</button>`}
    ${list.nodes.length > 0 && html`<table class="stacks users" aria-busy=${list.loading}>
      <thead>
        <tr>
          <th scope="col">User</th>
          <th scope="col">Status</th>
          <th scope="col">Seat</th>
          <th scope="col">Group</th>
          <th scope="col">Roles</th>
          <th scope="col"><span class="hidden">Actions</span></th>
        </tr>
      </thead>
      <tbody>
        ${list.nodes.map((user) => html`<${User} key=${user.id} user=${user} onOpen=${onOpen} />`)}
      </tbody>
    </table>`}
    ${list.more &&
    html`<button type="button" class="more" onClick=${list.showMore} disabled=${list.loading}>
      Show more of ${count(list.totalCount)}
    </button>`}
  `;
}

function User({ user, onOpen }) {
  const { rights } = usePage();
  const movable = usePlaces(user.seatGroup?.id ?? '').length > 1;
  const button = (text, dialog) => html`
    <button type="button" class="quiet" aria-label="${text} ${user.name}"
      onClick=${() => onOpen(dialog, user)}>${text}</button>
  `;
  return html`
    <tr>
      <th scope="row">${user.name}<span class="soft">${user.email}</span></th>
      <td data-label="Status">
        <span class="state ${user.status.toLowerCase()}">${word(user.status)}</span>
      </td>
      <td data-label="Seat">${user.takesSeat ? 'Paid' : 'None'}</td>
      <td data-label="Group">${user.seatGroup?.name ?? '–'}</td>
      <td class="wide" data-label="Roles">${rolesOf(user)}</td>
      <td class="row-actions">
        ${rights.rolesOf(user).length > 0 && button('Roles', RolesDialog)}
        ${rights.change(user) &&
        html`
          ${movable && button('Move', MoveDialog)}
          ${user.status === 'DISABLED' ? button('Enable', EnableDialog) : button('Disable', DisableDialog)}
        `}
      </td>
    </tr>
  `;
}

function rolesOf({ isBillingAdministrator, isAdministrator, productPermissions }) {
  const rights =
    (isBillingAdministrator && 'Billing administrator') || (isAdministrator && 'Administrator');
  const roles = productPermissions.map(
    ({ role, product }) => `${product.name} ${word(role).toLowerCase()}`,
  );
  return [rights, ...roles].filter(Boolean).join(', ') || '–';
}
