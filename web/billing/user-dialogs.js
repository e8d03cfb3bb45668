/** Disabling, enabling and moving one user. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { FormDialog, messagesAt, Select } from './forms.js';
import { count } from './format.js';
import { useMutation, usePage } from './hooks.js';
import { ASSIGN_GROUP, DISABLE_USER, ENABLE_USER } from './queries.js';

/** Sends the mutation; when it was done, loads the page anew, says so and closes. */
function useChange(mutation, { done, onClose }) {
  const { finish } = usePage();
  const change = useMutation(mutation);
  const submit = async (input) => {
    if (await change.send(input)) await finish(done, onClose);
  };
  return [change, submit];
}

/** Where the caller may put a user: pairs of id and text, '' being no group. */
export function usePlaces(current = null) {
  const { account, groups, rights } = usePage();
  const open = (groups ?? []).filter(({ id }) => rights.useGroup(id) || id === current);
  const free = account.subscription?.seatsAvailable;
  const none = rights.useGroup(null) || current === '' ? [['', `No group${room(free)}`]] : [];
  return [...none, ...open.map(({ id, name, seats, seatsUsed }) => [id, name + room(seats - seatsUsed)])];
}

/** How many seats are free, as far as that is known. */
function room(free) {
  if (free === undefined) return '';
  return free > 0 ? ` (${count(free)} free)` : ' (full)';
}

export function DisableDialog({ user, onClose }) {
  const [change, submit] = useChange(DISABLE_USER, { done: `${user.name} was disabled.`, onClose });
  return html`
    <${FormDialog} title=${`Disable ${user.name}?`} action="Disable" danger mutation=${change}
      onSubmit=${() => submit({ userId: user.id })} onClose=${onClose}>
      <p>
        ${user.name} can no longer sign in${user.takesSeat ? ' and gives the seat back' : ''}. You can
        enable ${user.name} again when a seat is free.
      </p>
    <//>
  `;
}

export function EnableDialog({ user, onClose }) {
  const before = user.seatGroup?.id ?? '';
  const [group, setGroup] = useState(before);
  const places = usePlaces(before);
  const [change, submit] = useChange(ENABLE_USER, { done: `${user.name} was enabled.`, onClose });
  const choosesGroup = places.length > 1;
  const input = { userId: user.id, ...(group !== before && { seatGroupId: group || null }) };
  return html`
    <${FormDialog} title=${`Enable ${user.name}`} action="Enable" mutation=${change}
      fields=${[choosesGroup && 'seatGroupId']} onSubmit=${() => submit(input)} onClose=${onClose}>
      <p>${user.name} can sign in again, and takes a seat where the roles need one.</p>
      ${choosesGroup &&
      html`<${Select} label="Group" value=${group} options=${places} onChoose=${setGroup}
        errors=${messagesAt(change.userErrors, 'seatGroupId')} />`}
    <//>
  `;
}

export function MoveDialog({ user, onClose }) {
  const before = user.seatGroup?.id ?? '';
  const [group, setGroup] = useState(before);
  const places = usePlaces(before);
  const [change, submit] = useChange(ASSIGN_GROUP, { done: `${user.name} was moved.`, onClose });
  return html`
    <${FormDialog} title=${`Move ${user.name}`} action="Move" mutation=${change} fields=${['seatGroupId']}
      disabled=${group === before} onClose=${onClose}
      onSubmit=${() => submit({ userIds: [user.id], seatGroupId: group || null })}>
      <${Select} label="Group" value=${group} options=${places} onChoose=${setGroup}
        errors=${messagesAt(change.userErrors, 'seatGroupId')} />
    <//>
  `;
}
