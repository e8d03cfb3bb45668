/** The roles of one user: in products, and over the whole account. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { Checkbox, FormDialog, Select } from './forms.js';
import { useMutation, usePage } from './hooks.js';
import { NO_ROLE, ROLES, useSeatRule } from './roles.js';
import { SET_ADMINISTRATOR, SET_ROLE } from './queries.js';

const RIGHTS = [
  ['administrator', 'isAdministrator', 'Administrator', 'Manages users.'],
  ['billingAdministrator', 'isBillingAdministrator', 'Billing administrator', 'Manages everything on this page.'],
];

const FIELDS = ['userId', 'productId', 'role', 'administrator', 'billingAdministrator'];

export function RolesDialog({ user, onClose }) {
  const { rights, finish, reload } = usePage();
  const products = rights.rolesOf(user);
  const [saved, setSaved] = useState(() => stateOf(user, products));
  const [wanted, setWanted] = useState(saved);
  const [at, setAt] = useState(null);
  const change = useMutation();
  const set = (name, value) => setWanted((state) => ({ ...state, [name]: value }));
  const changed = Object.keys(wanted).filter((name) => wanted[name] !== saved[name]);

  /** Each change by itself: what was taken stays, what was refused is told at its place. */
  async function submit() {
    for (const name of changed) {
      setAt(name);
      const [mutation, input] = changeOf(name, wanted[name]);
      if (!(await change.send({ userId: user.id, ...input }, mutation))) return void reload();
      setSaved((state) => ({ ...state, [name]: wanted[name] }));
    }
    await finish(`The roles of ${user.name} were saved.`, onClose);
  }

  const errorsAt = (name) =>
    at === name ? change.userErrors.filter(({ field }) => field).map(({ message }) => message) : [];
  return html`
    <${FormDialog} title=${`Roles of ${user.name}`} action="Save" mutation=${change} fields=${FIELDS}
      disabled=${!changed.length} onSubmit=${submit} onClose=${onClose}>
      ${products.map(
        ({ id, name }) => html`<${Select} key=${id} label="Role in ${name}" value=${wanted[id]}
          options=${[NO_ROLE, ...ROLES]} errors=${errorsAt(id)} onChoose=${(role) => set(id, role)} />`,
      )}
      <p class="hint">${useSeatRule()}</p>
      ${rights.billing &&
      RIGHTS.map(
        ([name, , label, hint]) => html`<${Checkbox} key=${name} label=${label} hint=${hint}
          checked=${wanted[name]} errors=${errorsAt(name)} onChange=${(value) => set(name, value)} />`,
      )}
    <//>
  `;
}

/** What the user has: a role or '' by a product's id, and whether by a right's name. */
function stateOf(user, products) {
  const held = new Map(user.productPermissions.map(({ role, product }) => [product.id, role]));
  const roles = products.map(({ id }) => [id, held.get(id) ?? '']);
  return Object.fromEntries([...roles, ...RIGHTS.map(([name, field]) => [name, user[field]])]);
}

function changeOf(name, value) {
  const isRight = RIGHTS.some(([right]) => right === name);
  if (isRight) return [SET_ADMINISTRATOR, { [name]: value }];
  return [SET_ROLE, { productId: name, role: value || null }];
}
