/** The subscription at a glance: plan, seats, period, and what will happen to them. */

import { html, useState } from '/static/vendor/preact-htm.js';
import { CancelDialog, ResumeDialog } from './cancel-dialogs.js';
import { ChangeUsersDialog } from './change-users-dialog.js';
import { count, date, each, lastDay, seats } from './format.js';
import { usePage } from './hooks.js';
import { SeatBar } from './seat-bar.js';

const DIALOGS = { change: ChangeUsersDialog, cancel: CancelDialog, resume: ResumeDialog };

export function SubscriptionCard() {
  const { account } = usePage();
  const [open, setOpen] = useState(null);
  const { subscription } = account;
  const Opened = DIALOGS[open];
  return html`
    <section class="card subscription" aria-labelledby="plan">
      <header>
        <div>
          <h2 id="plan">${subscription.plan.name}</h2>
          <p class="soft">${subscription.interval === 'YEAR' ? 'Billed yearly' : 'Billed monthly'}</p>
        </div>
        <${Actions} subscription=${subscription} onOpen=${setOpen} />
      </header>
      <${Prospects} subscription=${subscription} onKeep=${() => setOpen('change')} />
      <p class="figure">
        <strong>${count(subscription.seatsUsed)}</strong> of ${seats(subscription.seats)} in use
      </p>
      <${SeatBar} subscription=${subscription} />
      <${Facts} subscription=${subscription} />
      ${Opened && html`<${Opened} subscription=${subscription} onClose=${() => setOpen(null)} />`}
    </section>
  `;
}

function Actions({ subscription, onOpen }) {
  if (subscription.status === 'CANCELED') return html`<span class="badge">Canceled</span>`;
  return html`
    <div class="actions">
      <button type="button" class="primary" onClick=${() => onOpen('change')}>Change users</button>
      ${subscription.cancelAtPeriodEnd
        ? html`<button type="button" onClick=${() => onOpen('resume')}>Resume</button>`
        : html`<button type="button" class="quiet" onClick=${() => onOpen('cancel')}>
            Cancel subscription
          </button>`}
    </div>
  `;
}

function Prospects({ subscription, onKeep }) {
  const { status, cancelAtPeriodEnd, endsOn, pendingSeats, currentPeriod } = subscription;
  const day = endsOn && date(endsOn);
  if (status === 'CANCELED') return html`<p class="notice">The subscription ended on ${day}.</p>`;
  if (cancelAtPeriodEnd) {
    return html`<p class="notice">The subscription ends on ${day}. Until then everything works.</p>`;
  }
  if (pendingSeats === null) return null;
  return html`
    <div class="notice">
      <p>
        On ${date(currentPeriod.end)} the subscription goes down to${' '}
        <strong>${seats(pendingSeats)}</strong>.
      </p>
      <button type="button" onClick=${onKeep}>Change that</button>
    </div>
  `;
}

function Facts({ subscription }) {
  const { currentPeriod, unitPrice, upcomingInvoice } = subscription;
  return html`
    <dl class="facts">
      <div>
        <dt>Current period</dt>
        <dd>${date(currentPeriod.start)} – ${lastDay(currentPeriod)}</dd>
      </div>
      <${Renewal} subscription=${subscription} />
      <div><dt>Price</dt><dd>${unitPrice.formatted} <span class="soft">${each(subscription)}</span></dd></div>
      <div><dt>Next invoice</dt><dd>${upcomingInvoice?.total.formatted ?? 'None'}</dd></div>
    </dl>
  `;
}

function Renewal({ subscription: { status, endsOn, currentPeriod } }) {
  if (status === 'CANCELED') return html`<div><dt>Ended on</dt><dd>${date(endsOn)}</dd></div>`;
  if (endsOn) return html`<div><dt>Ends on</dt><dd>${date(endsOn)}</dd></div>`;
  return html`<div><dt>Renews on</dt><dd>${date(currentPeriod.end)}</dd></div>`;
}
