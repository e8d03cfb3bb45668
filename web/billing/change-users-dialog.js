/** Setting the total of paid users, with what that does and costs shown beforehand. */

import { html, useEffect, useState } from '/static/vendor/preact-htm.js';
import { read } from './api.js';
import { FormDialog, Input, messagesAt } from './forms.js';
import { date, seats as seatsText } from './format.js';
import { useDebounced, useMutation, usePage } from './hooks.js';
import { CHANGE_USERS, SEAT_CHANGE_PREVIEW } from './queries.js';
import { SeatChange } from './seat-change.js';

const LARGEST_INT = 2 ** 31 - 1;

function parseSeats(text) {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  return number <= LARGEST_INT ? number : null;
}

export function ChangeUsersDialog({ subscription, onClose }) {
  const { finish } = usePage();
  const [text, setText] = useState(String(subscription.pendingSeats ?? subscription.seats));
  const change = useMutation(CHANGE_USERS, { repeatable: true });
  const wanted = parseSeats(text.trim());
  const { preview, failure } = usePreview(wanted);

  function edit(value) {
    change.clear();
    setText(value);
  }

  async function submit() {
    const input = { seats: wanted, expectedVersion: subscription.version };
    const done = await change.send(input);
    if (done) await finish(report(done, subscription), onClose);
  }

  const current = preview?.seats === wanted ? preview : null;
  const errors = text && wanted === null ? ['Enter a whole number, 0 or more.'] : [];
  const refusals = change.userErrors.length ? change.userErrors : (current?.userErrors ?? []);
  errors.push(...messagesAt(refusals, 'seats'));
  return html`
    <${FormDialog} title="Change users" action=${actionFor(current)} mutation=${change} fields=${['seats']}
      disabled=${!current || current.userErrors.length > 0 || isIdle(current, subscription)}
      onSubmit=${submit} onClose=${onClose}>
      <${Input} label="Total of paid users" type="number" inputmode="numeric" min="0" step="1"
        autofocus value=${text} hint=${`Now ${seatsText(subscription.seats)}.`}
        errors=${errors} onInput=${edit} />
      <div class="preview" aria-live="polite" aria-busy=${!current && wanted !== null}>
        ${failure && html`<p class="notice bad">${failure}</p>`}
        ${preview && wanted !== null && html`<${SeatChange} preview=${preview} subscription=${subscription}
          outdated=${!current} />`}
      </div>
    <//>
  `;
}

/** The newest preview that arrived, and why there is none for the wanted total, if it failed. */
function usePreview(wanted) {
  const { revision } = usePage();
  const asked = useDebounced(wanted);
  const [state, setState] = useState({});
  useEffect(() => {
    if (asked === null) return undefined;
    const stop = new AbortController();
    read(SEAT_CHANGE_PREVIEW, { seats: asked }, stop.signal)
      .then(({ data }) => setState({ preview: data.account.subscription.seatChangePreview }))
      .catch((error) => stop.signal.aborted || setState({ failure: error.message }));
    return () => stop.abort();
  }, [asked, revision]);
  return state;
}

const isIdle = (preview, { pendingSeats }) =>
  preview.kind === 'UNCHANGED' && pendingSeats === null;

function actionFor(preview) {
  if (preview?.kind === 'INCREASE') return 'Add and bill now';
  if (preview?.kind === 'DECREASE') return 'Reduce at renewal';
  return 'Apply';
}

function report({ subscription, invoice }, { currentPeriod }) {
  if (invoice) return `You now have ${seatsText(subscription.seats)}. Invoice ${invoice.number} was issued.`;
  if (subscription.pendingSeats === null) return `You have ${seatsText(subscription.seats)}.`;
  return `From ${date(currentPeriod.end)} you will have ${seatsText(subscription.pendingSeats)}.`;
}
