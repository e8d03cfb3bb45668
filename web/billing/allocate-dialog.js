/** Allocating seats to groups: all the new numbers are taken, or none. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { FormDialog, Input, messagesAt } from './forms.js';
import { count } from './format.js';
import { useMutation, usePage } from './hooks.js';
import { ALLOCATE_SEATS } from './queries.js';

/** With a `group` the dialog opens at that group's number. */
export function AllocateDialog({ group, onClose }) {
  const { account, groups, finish } = usePage();
  const [edits, setEdits] = useState({});
  const allocate = useMutation(ALLOCATE_SEATS, { repeatable: true });
  const changed = groups.filter(({ id, seats }) => id in edits && Number(edits[id]) !== seats);
  const whole = changed.every(({ id }) => /^\d{1,9}$/.test(edits[id]));

  async function submit() {
    const allocations = changed.map(({ id }) => ({ seatGroupId: id, seats: Number(edits[id]) }));
    if (await allocate.send({ allocations })) await finish('The seats were allocated.', onClose);
  }

  function edit(id, text) {
    allocate.clear();
    setEdits({ ...edits, [id]: text });
  }

  // The API names a place in the list that it was sent.
  const placeOf = (id) => String(changed.findIndex((one) => one.id === id));
  const errorsAt = (id) => [
    ...(/^\d{1,9}$/.test(edits[id] ?? '0') ? [] : ['Enter a whole number, 0 or more.']),
    ...messagesAt(allocate.userErrors, placeOf(id)),
  ];
  return html`
    <${FormDialog} title="Allocate seats" action="Allocate" mutation=${allocate}
      fields=${changed.map(({ id }) => placeOf(id))} disabled=${!changed.length || !whole}
      onSubmit=${submit} onClose=${onClose}>
      ${groups.map(
        ({ id, name, seats, seatsUsed }) => html`<${Input} key=${id} label=${name} type="number"
          inputmode="numeric" min="0" autofocus=${id === group?.id} value=${edits[id] ?? String(seats)}
          hint=${`${count(seatsUsed)} in use`} errors=${errorsAt(id)} onInput=${(text) => edit(id, text)} />`,
      )}
      ${whole && html`<${Rest} subscription=${account.subscription} added=${added(changed, edits)} />`}
    <//>
  `;
}

const added = (changed, edits) =>
  changed.reduce((sum, { id, seats }) => sum + Number(edits[id]) - seats, 0);

function Rest({ subscription, added }) {
  const rest = subscription.seatsAvailable - added;
  const text = rest < 0 ? `${count(-rest)} more than there are.` : `${count(rest)} left outside groups.`;
  return html`<p class=${rest < 0 ? 'error' : 'soft'} role="status">${text}</p>`;
}
