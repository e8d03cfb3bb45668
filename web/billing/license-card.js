/** License management: two switches of Enterprise+. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { Checkbox, Refusals } from './forms.js';
import { useMutation, usePage } from './hooks.js';
import { SET_LICENSE_MANAGEMENT } from './queries.js';

const SWITCHES = [
  {
    name: 'onlyBillingAdministratorsManageUsers',
    label: 'Only billing administrators can manage users',
    hint: 'Other administrators and product owners can no longer invite, disable or move users.',
  },
  {
    name: 'seatGroupRequired',
    label: 'Every new paid user must be in a seat group',
    hint: 'Whoever is no billing administrator can use only the groups that they administer.',
  },
];

export function LicenseCard() {
  const { account, rights, reload, say } = usePage();
  const change = useMutation(SET_LICENSE_MANAGEMENT);
  const [wanted, setWanted] = useState({});
  const plan = account.subscription?.plan;
  const missing = plan && !plan.features.includes('LICENSE_MANAGEMENT');

  async function set(name, value) {
    setWanted({ [name]: value });
    const saved = await change.send({ [name]: value });
    await reload();
    setWanted({});
    if (saved) say('License management was saved.');
  }

  return html`
    <section class="card" aria-labelledby="license-management">
      <h2 id="license-management">
        License management ${missing && html`<span class="badge">Enterprise+</span>`}
      </h2>
      ${missing && html`<p class="soft">These settings come with Enterprise+.</p>`}
      ${!rights.billing && html`<p class="soft">Only billing administrators change these settings.</p>`}
      ${SWITCHES.map(
        ({ name, label, hint }) => html`<${Checkbox} key=${name} label=${label} hint=${hint}
          checked=${wanted[name] ?? account.licenseManagement[name]} busy=${change.busy}
          disabled=${missing || !rights.billing} onChange=${(value) => set(name, value)} />`,
      )}
      <${Refusals} mutation=${change} />
    </section>
  `;
}
