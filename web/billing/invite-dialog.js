/** Inviting a user: who, into which group, with which roles. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { FormDialog, Input, messagesAt, Select } from './forms.js';
import { useMutation, usePage } from './hooks.js';
import { INVITE_USER } from './queries.js';
import { NO_ROLE, ROLES, useSeatRule } from './roles.js';
import { usePlaces } from './user-dialogs.js';

export function InviteDialog({ onClose }) {
  const { rights, finish } = usePage();
  const places = usePlaces();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [group, setGroup] = useState(places[0]?.[0] ?? '');
  const [roles, setRoles] = useState({});
  const invite = useMutation(INVITE_USER, { repeatable: true });
  const choosesGroup = places.length > 1 || group !== '';

  async function submit() {
    const input = { email, name, seatGroupId: group || null, permissions: permissionsFrom(roles) };
    if (await invite.send(input)) await finish(`${name} was invited.`, onClose);
  }

  return html`
    <${FormDialog} title="Invite a user" action="Invite" mutation=${invite}
      fields=${['email', 'name', choosesGroup && 'seatGroupId']} disabled=${!email.trim() || !name.trim()}
      onSubmit=${submit} onClose=${onClose}>
      <${Input} label="Name" autocomplete="off" autofocus value=${name} onInput=${setName}
        errors=${messagesAt(invite.userErrors, 'name')} />
      <${Input} label="E-mail" type="email" autocomplete="off" value=${email} onInput=${setEmail}
        errors=${messagesAt(invite.userErrors, 'email')} />
      ${choosesGroup &&
      html`<${Select} label="Group" value=${group} options=${places} onChoose=${setGroup}
        errors=${messagesAt(invite.userErrors, 'seatGroupId')} />`}
      ${rights.inviteProducts.map(
        ({ id, name: product }) => html`<${Select} key=${id} label="Role in ${product}"
          value=${roles[id] ?? ''} options=${[NO_ROLE, ...ROLES]}
          onChoose=${(role) => setRoles({ ...roles, [id]: role })} />`,
      )}
      <p class="hint">${useSeatRule()}</p>
    <//>
  `;
}

const permissionsFrom = (roles) =>
  Object.entries(roles)
    .filter(([, role]) => role)
    .map(([productId, role]) => ({ productId, role }));
