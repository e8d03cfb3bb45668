/** Creating, changing and deleting a seat group. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { FormDialog, Input, messagesAt, Select } from './forms.js';
import { count } from './format.js';
import { useMutation, usePage } from './hooks.js';
import { CREATE_GROUP, DELETE_GROUP, UPDATE_GROUP } from './queries.js';
import { UserPicker } from './user-picker.js';

const idsOf = (users) => users.map((user) => user.id);

export function CreateGroupDialog({ onClose }) {
  const { account, finish } = usePage();
  const [name, setName] = useState('');
  const [seats, setSeats] = useState('0');
  const [people, setPeople] = useState([]);
  const create = useMutation(CREATE_GROUP, { repeatable: true });

  async function submit() {
    const input = { name, seats: Number(seats), administratorIds: idsOf(people) };
    if (await create.send(input)) await finish(`The group ${name} was created.`, onClose);
  }

  const free = account.subscription?.seatsAvailable;
  return html`
    <${FormDialog} title="Create a seat group" action="Create group" mutation=${create}
      fields=${['name', 'seats', 'administratorIds']} disabled=${!name.trim() || !/^\d{1,9}$/.test(seats)}
      onSubmit=${submit} onClose=${onClose}>
      <${Input} label="Name" autofocus value=${name} errors=${messagesAt(create.userErrors, 'name')}
        onInput=${setName} />
      <${Input} label="Seats" type="number" inputmode="numeric" min="0" value=${seats}
        hint=${free === undefined ? null : `${count(free)} can be allocated.`}
        errors=${messagesAt(create.userErrors, 'seats')} onInput=${setSeats} />
      <${UserPicker} label="Administrators" picked=${people} onChange=${setPeople}
        errors=${messagesAt(create.userErrors, 'administratorIds')} />
    <//>
  `;
}

export function EditGroupDialog({ group, onClose }) {
  const { finish } = usePage();
  const [name, setName] = useState(group.name);
  const [people, setPeople] = useState(group.administrators);
  const update = useMutation(UPDATE_GROUP);

  async function submit() {
    const input = { seatGroupId: group.id, name, administratorIds: idsOf(people) };
    if (await update.send(input)) await finish(`The group ${name} was saved.`, onClose);
  }

  return html`
    <${FormDialog} title=${`Edit ${group.name}`} action="Save" mutation=${update}
      fields=${['name', 'administratorIds']} disabled=${!name.trim()} onSubmit=${submit} onClose=${onClose}>
      <${Input} label="Name" autofocus value=${name} errors=${messagesAt(update.userErrors, 'name')}
        onInput=${setName} />
      <${UserPicker} label="Administrators" picked=${people} onChange=${setPeople}
        errors=${messagesAt(update.userErrors, 'administratorIds')} />
    <//>
  `;
}

export function DeleteGroupDialog({ group, onClose }) {
  const { groups, finish } = usePage();
  const [target, setTarget] = useState('');
  const remove = useMutation(DELETE_GROUP);

  async function submit() {
    const input = { seatGroupId: group.id, moveUsersTo: target || null };
    if (await remove.send(input)) await finish(`The group ${group.name} was deleted.`, onClose);
  }

  const others = groups.filter(({ id }) => id !== group.id).map(({ id, name }) => [id, name]);
  return html`
    <${FormDialog} title=${`Delete ${group.name}?`} action="Delete group" danger mutation=${remove}
      fields=${['moveUsersTo']} onSubmit=${submit} onClose=${onClose}>
      <p>Its seats can then be allocated anew. Its members keep their seats where there is room for them.</p>
      <${Select} label="Move its members to" value=${target} options=${[['', 'No group'], ...others]}
        errors=${messagesAt(remove.userErrors, 'moveUsersTo')} onChoose=${setTarget} />
    <//>
  `;
}
