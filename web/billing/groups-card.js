/** Seat groups: who has how many of the seats. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { AllocateDialog } from './allocate-dialog.js';
import { count, seats } from './format.js';
import { CreateGroupDialog, DeleteGroupDialog, EditGroupDialog } from './group-dialogs.js';
import { usePage } from './hooks.js';

export function GroupsCard() {
  const { account, groups, rights } = usePage();
  const [open, setOpen] = useState(null);
  const plan = account.subscription?.plan;
  const missing = plan && !plan.features.includes('SEAT_GROUPS');
  const show = (dialog) => (group) => setOpen({ dialog, group });
  const Opened = open?.dialog;
  return html`
    <section class="card" aria-labelledby="seat-groups">
      <header>
        <h2 id="seat-groups">Seat groups ${missing && html`<span class="badge">Enterprise+</span>`}</h2>
        ${rights.billing && !missing && html`<${Actions} show=${show} hasGroups=${groups?.length > 0} />`}
      </header>
      <p class="soft">${explain(groups, missing, account, rights)}</p>
      ${groups?.length > 0 && html`<${Groups} groups=${groups} show=${show} />`}
      ${Opened && html`<${Opened} group=${open.group} onClose=${() => setOpen(null)} />`}
    </section>
  `;
}

function explain(groups, missing, { subscription }, { everybody }) {
  if (missing) return 'Seat groups, each with seats and administrators of its own, come with Enterprise+.';
  if (!groups.length) return 'No groups yet. Each holds some of the seats and has administrators.';
  if (!subscription) return everybody ? 'All groups of the account.' : 'The groups that you administer.';
  return `${seats(subscription.seatsAllocated)} allocated, ${count(subscription.seatsAvailable)} still free.`;
}

const Actions = ({ show, hasGroups }) => html`
  <div class="actions">
    ${hasGroups &&
    html`<button type="button" onClick=${() => show(AllocateDialog)(null)}>Allocate seats</button>`}
    <button type="button" onClick=${() => show(CreateGroupDialog)(null)}>Create group</button>
  </div>
`;

const Groups = ({ groups, show }) => html`
  <table class="stacks groups">
    <thead>
      <tr>
        <th scope="col">Group</th>
        <th scope="col" class="number">Allocated</th>
        <th scope="col" class="number">Used</th>
        <th scope="col">Administrators</th>
        <th scope="col"><span class="hidden">Actions</span></th>
      </tr>
    </thead>
    <tbody>
      ${groups.map((group) => html`<${Group} key=${group.id} group=${group} show=${show} />`)}
    </tbody>
  </table>
`;

const namesOf = (people) => people.map(({ name }) => name).join(', ') || 'None';

function Group({ group, show }) {
  const { rights } = usePage();
  const button = (text, dialog) => html`
    <button type="button" class="quiet" aria-label="${text} ${group.name}"
      onClick=${() => show(dialog)(group)}>${text}</button>
  `;
  return html`
    <tr>
      <th scope="row">${group.name}</th>
      <td class="number" data-label="Allocated">${count(group.seats)}</td>
      <td class="number" data-label="Used">${count(group.seatsUsed)}</td>
      <td class="wide" data-label="Administrators">${namesOf(group.administrators)}</td>
      <td class="row-actions">
        ${rights.billing &&
        html`
          ${button('Edit', EditGroupDialog)}
          ${button('Allocate', AllocateDialog)}
          ${button('Delete', DeleteGroupDialog)}
        `}
      </td>
    </tr>
  `;
}
