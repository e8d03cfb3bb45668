/** What a new total of seats would do and cost. */

import { html } from '/static/vendor/preact-htm.js';
import { count, date, each, percent, seats, users } from './format.js';

export function SeatChange({ preview, subscription, outdated }) {
  const { invoice, upcomingInvoice, usersToDisable, userErrors } = preview;
  const elsewhere = userErrors.filter(({ field }) => !field?.includes('seats'));
  return html`
    <div class=${outdated ? 'outdated' : ''}>
      ${elsewhere.map(({ message }) => html`<p class="notice bad">${message}</p>`)}
      ${userErrors.length === 0 && html`<p class="effect">${effect(preview, subscription)}</p>`}
      ${invoice && html`<${InvoiceTable} invoice=${invoice} each=${each(subscription)} />`}
      ${userErrors.length === 0 && html`<p class="soft">${renewal(upcomingInvoice, subscription)}</p>`}
      ${usersToDisable.length > 0 && html`<${LosingSeats} people=${usersToDisable} />`}
    </div>
  `;
}

function effect(preview, subscription) {
  const day = date(preview.effectiveOn);
  if (preview.kind === 'INCREASE') {
    const added = seats(preview.seats - subscription.seats);
    return html`<strong>${added} more from today</strong>, ${day}, paid to the end of the period.`;
  }
  if (preview.kind === 'DECREASE') {
    const zero = preview.seats === 0 && ' The subscription itself goes on; to end it, cancel it.';
    return html`<strong>${seats(preview.seats)} from ${day}.</strong> Until then nothing changes.${zero}`;
  }
  if (subscription.pendingSeats === null) return 'That is the total you have.';
  return html`<strong>You keep ${seats(preview.seats)}</strong>: the decrease to
    ${' '}${count(subscription.pendingSeats)} is dropped.`;
}

function renewal(upcomingInvoice, { currentPeriod, cancelAtPeriodEnd }) {
  const day = date(currentPeriod.end);
  if (upcomingInvoice) return `The renewal on ${day} will bill ${upcomingInvoice.total.formatted}.`;
  return cancelAtPeriodEnd ? `The subscription ends on ${day}.` : `The renewal on ${day} will bill nothing.`;
}

const InvoiceTable = ({ invoice, each }) => html`
  <table class="invoice">
    <thead>
      <tr><th scope="col">Invoice now</th><th scope="col">Amount</th></tr>
    </thead>
    <tbody>
      ${invoice.lines.map(
        (line) => html`<tr>
          <td>
            ${line.description}
            <span class="soft">${seats(line.quantity)}, ${line.unitPrice.formatted} ${each}</span>
          </td>
          <td>${line.amount.formatted}</td>
        </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr><th scope="row">Subtotal</th><td>${invoice.subtotal.formatted}</td></tr>
      ${taxesOf(invoice).map(
        ({ name, amount }) => html`<tr><th scope="row">${name}</th><td>${amount.formatted}</td></tr>`,
      )}
      <tr class="total"><th scope="row">Total</th><td>${invoice.total.formatted}</td></tr>
    </tfoot>
  </table>
  ${invoice.taxNote && html`<p class="hint">${invoice.taxNote}</p>`}
`;

function taxesOf({ tax, taxes }) {
  if (!taxes.length) return [{ name: 'Tax', amount: tax }];
  return taxes.map(({ name, rate, amount }) => ({ name: `${name} ${percent(rate)}`, amount }));
}

const LosingSeats = ({ people }) => html`
  <div class="notice">
    <p><strong>${users(people.length)} would be disabled</strong>, the least recently active first:</p>
    <ul class="people" tabindex="0" aria-label="Users who would be disabled">
      ${people.map(
        ({ id, name, email }) => html`<li key=${id}>${name} <span class="soft">${email}</span></li>`,
      )}
    </ul>
  </div>
`;
