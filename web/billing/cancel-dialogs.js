/** Ending the subscription with its period, and taking that back. */

import { html } from '/static/vendor/preact-htm.js';
import { FormDialog } from './forms.js';
import { date } from './format.js';
import { useMutation, usePage } from './hooks.js';
import { CANCEL, RESUME } from './queries.js';

/** Sends `mutation` for the version that the page shows; then says `done` and closes. */
function useVersionedChange(mutation, { subscription, onClose, done }) {
  const { finish } = usePage();
  const change = useMutation(mutation, { repeatable: true });
  const submit = async () => {
    if (await change.send({ expectedVersion: subscription.version })) await finish(done, onClose);
  };
  return [change, submit];
}

export function CancelDialog({ subscription, onClose }) {
  const ends = date(subscription.currentPeriod.end);
  const done = `The subscription will end on ${ends}.`;
  const [change, submit] = useVersionedChange(CANCEL, { subscription, onClose, done });
  return html`
    <${FormDialog} title="Cancel the subscription?" action="Cancel subscription" danger
      dismissal="Keep it"
      mutation=${change} onSubmit=${submit} onClose=${onClose}>
      <p>
        It ends on <strong>${ends}</strong>, the end of the period that is paid for. Until then
        everyone can work as now, and you can resume it. After that no one can, and nothing more
        is billed.
      </p>
    <//>
  `;
}

export function ResumeDialog({ subscription, onClose }) {
  const done = 'The subscription goes on.';
  const [change, submit] = useVersionedChange(RESUME, { subscription, onClose, done });
  return html`
    <${FormDialog} title="Resume the subscription?" action="Resume" mutation=${change}
      onSubmit=${submit} onClose=${onClose}>
      <p>It goes on as before and renews on <strong>${date(subscription.currentPeriod.end)}</strong>.</p>
    <//>
  `;
}
