/** Who has changed what since the page was loaded. */

import { html, useEffect, useState } from '/static/vendor/preact-htm.js';
import { read } from './api.js';
import { date, moment } from './format.js';
import { usePage } from './hooks.js';
import { ACTIVITY } from './queries.js';

const TOLD = 20;
const DAY = /\b\d{4}-\d{2}-\d{2}\b/g;

/**
 * What was done to the account after its first `known` changes, newest first, 20 at most. Empty
 * for those who may not read it (`known` is null then), and where it cannot be read now.
 */
export async function changesSince(known) {
  if (known === null) return [];
  try {
    const { data } = await read(ACTIVITY, { first: TOLD });
    const { totalCount, edges } = data.account.activity;
    return edges.slice(0, totalCount - known).map((edge) => edge.node);
  } catch {
    return [];
  }
}

const doerOf = ({ actor, action }, viewer) => {
  if (!actor) return action.startsWith('subscription.') ? 'The renewal' : 'The vendor';
  return actor.id === viewer.id ? 'You, elsewhere' : actor.name;
};

/** A change in one sentence, its days as people here write them. */
const sentence = ({ summary }) => summary.replace(DAY, date);

/** What others have done, as a passing message; null where there was nothing. */
export function headline(changes, viewer) {
  const [newest, ...older] = changes.filter(({ actor }) => actor?.id !== viewer.id);
  if (!newest) return null;
  const more = older.length ? ` And ${older.length} more.` : '';
  return `${doerOf(newest, viewer)}: ${sentence(newest)}.${more}`;
}

/** Who was faster, and with what: the changes of the subscription that the page does not show. */
export function FasterOnes() {
  const { known, viewer } = usePage();
  const [changes, setChanges] = useState([]);
  useEffect(() => {
    let shown = true;
    changesSince(known).then((found) => {
      const ours = found.filter(({ action }) => action.startsWith('subscription.'));
      if (shown) setChanges(ours);
    });
    return () => (shown = false);
  }, [known]);
  return html`
    <ul class="changes">
      ${changes.map(
        (change) => html`<li key=${change.id}>
          <strong>${doerOf(change, viewer)}</strong>, ${moment(change.at)}: ${sentence(change)}.
        </li>`,
      )}
    </ul>
  `;
}
