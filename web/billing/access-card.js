/** What somebody who is no billing administrator is here, and why not all is shown. */

import { html } from '/static/vendor/preact-htm.js';
import { named, word } from './format.js';
import { usePage } from './hooks.js';

export function AccessCard() {
  const { viewer, account, groups, rights } = usePage();
  const products = new Map(account.products.map(({ id, name }) => [id, name]));
  const roles = viewer.productPermissions.map(
    ({ role, product }) => `${products.get(product.id)} ${word(role).toLowerCase()}`,
  );
  return html`
    <section class="card" aria-labelledby="access">
      <h2 id="access">Your access</h2>
      <dl class="facts">
        <div><dt>Rights in the account</dt><dd>${rightsIn(viewer, groups)}</dd></div>
        <div><dt>Roles in products</dt><dd>${roles.join(', ') || 'None'}</dd></div>
      </dl>
      <ul class="reasons">
        <li>
          The plan, its seats and prices, and invoices are for billing administrators.
        </li>
        ${!groups &&
        html`<li>
          Seat groups and users are for administrators, owners of products and administrators of groups.
        </li>`}
        ${groups && !viewer.isAdministrator && !rights.everybody &&
        html`<li>You see the groups that you administer, and their members.</li>`}
        ${rights.restricted &&
        html`<li>Users are managed by billing administrators alone: that is set below.</li>`}
      </ul>
      <p class="soft">Ask a billing administrator of ${account.name} for more.</p>
    </section>
  `;
}

function rightsIn(viewer, groups) {
  const administered = new Set(viewer.administeredSeatGroups.map(({ id }) => id));
  const names = (groups ?? []).filter(({ id }) => administered.has(id)).map(({ name }) => name);
  const rights = [
    viewer.isAdministrator && 'Administrator',
    names.length > 0 && `Administrator of ${named(names)}`,
  ];
  return rights.filter(Boolean).join(', ') || 'None';
}
