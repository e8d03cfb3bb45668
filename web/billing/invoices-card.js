/** The invoices, newest first, each with its PDF. */

import { html, useEffect, useState } from '/static/vendor/preact-htm.js';
import { ExportDialog } from './export-dialog.js';
import { date, word } from './format.js';
import { useNodes } from './hooks.js';
import { INVOICES } from './queries.js';

const LINKS_LAST = 5 * 60 * 1000;

export function InvoicesCard() {
  const [exporting, setExporting] = useState(false);
  const list = useNodes(INVOICES, 'invoices', { refresh: useTicks() });
  return html`
    <section class="card" aria-labelledby="invoices" aria-busy=${list.loading}>
      <header>
        <h2 id="invoices">Invoices</h2>
        ${list.nodes?.length > 0 &&
        html`<button type="button" onClick=${() => setExporting(true)}>Download</button>`}
      </header>
      ${list.trouble && html`<p class="notice bad" role="alert">${list.trouble}</p>`}
      ${list.nodes?.length === 0 && html`<p class="soft">No invoice has been issued yet.</p>`}
      ${list.nodes?.length > 0 && html`<${Invoices} invoices=${list.nodes} />`}
      ${list.more &&
      html`<button type="button" class="more" onClick=${list.showMore} disabled=${list.loading}>
        Show older
      </button>`}
      ${exporting && html`<${ExportDialog} onClose=${() => setExporting(false)} />`}
    </section>
  `;
}

/** Counts up in time for new PDF links, and when the page is looked at again: links run out. */
function useTicks() {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const count = () => document.hidden || setTick((number) => number + 1);
    const timer = setInterval(count, LINKS_LAST);
    document.addEventListener('visibilitychange', count);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', count);
    };
  }, []);
  return tick;
}

const Invoices = ({ invoices }) => html`
  <table class="stacks invoices">
    <thead>
      <tr>
        <th scope="col">Number</th>
        <th scope="col">Date</th>
        <th scope="col" class="number">Amount</th>
        <th scope="col">Status</th>
        <th scope="col"><span class="hidden">Documents</span></th>
      </tr>
    </thead>
    <tbody>
      ${invoices.map(
        ({ id, number, issuedOn, dueOn, total, status, pdfUrl, facturXUrl, ublUrl, ...rest }) => html`<tr key=${id}>
          <th scope="row">${number}<${Credits} status=${status} ...${rest} /></th>
          <td data-label="Date">${date(issuedOn)}</td>
          <td class="number" data-label="Amount">${total.formatted}</td>
          <td data-label="Status">
            <span class="state ${status.toLowerCase()}">${word(status)}</span>
            ${status === 'OPEN' && html`<span class="soft">, due ${date(dueOn)}</span>`}
          </td>
          <td class="row-actions">
            <a href=${pdfUrl} target="_blank" rel="noopener" aria-label="PDF of ${number}">PDF</a>
            ${facturXUrl && html`<a href=${facturXUrl} download aria-label="Factur-X of ${number}">Factur-X</a>`}
            ${ublUrl && html`<a href=${ublUrl} download aria-label="UBL of ${number}">UBL</a>`}
          </td>
        </tr>`,
      )}
    </tbody>
  </table>
`;

/** What a credit note takes back, or what is left to pay of an invoice that was credited in part. */
function Credits({ status, credits, credited, amountDue }) {
  if (credits) return html`<span class="soft">for ${credits.number}</span>`;
  return credited && status === 'OPEN' && html`<span class="soft">${amountDue.formatted} to pay</span>`;
}
