/** Taking invoices away: those of some days, as one ZIP of PDFs and as a table. */

import { html, useEffect, useState } from '/static/vendor/preact-htm.js';
import { read } from './api.js';
import { Dialog, Input } from './forms.js';
import { count } from './format.js';
import { INVOICE_EXPORT } from './queries.js';

export function ExportDialog({ onClose }) {
  const [days, setDays] = useState({ from: '', to: '' });
  const set = (name) => (day) => setDays((shown) => ({ ...shown, [name]: day }));
  const { offer, failure } = useExport(days);
  return html`
    <${Dialog} title="Download invoices" onClose=${onClose}>
      <div class="body">
        <p class="soft">Invoices and credit notes that were issued on these days; all of them by default.</p>
        <div class="pair">
          <${Input} label="From" type="date" value=${days.from} onInput=${set('from')} />
          <${Input} label="To" type="date" value=${days.to} onInput=${set('to')} />
        </div>
        <p class="export" role="status">${failure ?? (offer && told(offer))}</p>
      </div>
      <footer>
        <${Download} url=${offer?.csvUrl}>Table (CSV)<//>
        <${Download} url=${offer?.zipUrl} primary>PDFs (ZIP)<//>
      </footer>
    <//>
  `;
}

function told({ invoiceCount, zipUrl }) {
  if (!invoiceCount) return 'None was issued on these days.';
  const documents = `${count(invoiceCount)} ${invoiceCount === 1 ? 'document' : 'documents'}`;
  return zipUrl ? `${documents}.` : `${documents}: too many for one ZIP, choose fewer days.`;
}

/** The links for these days, once the API has made them. */
function useExport({ from, to }) {
  const [state, setState] = useState({});
  useEffect(() => {
    const stop = new AbortController();
    const days = { from: from || null, to: to || null };
    read(INVOICE_EXPORT, days, stop.signal)
      .then(({ data, trouble }) => setState({ offer: data.account.invoiceExport, failure: trouble }))
      .catch((error) => stop.signal.aborted || setState({ failure: error.message }));
    return () => stop.abort();
  }, [from, to]);
  return state;
}

const Download = ({ url, primary, children }) =>
  url
    ? html`<a class="button ${primary ? 'primary' : ''}" href=${url} download>${children}</a>`
    : html`<button type="button" class=${primary ? 'primary' : ''} disabled>${children}</button>`;
