/** A bar of the paid seats: in use, held for groups, free. */

import { html } from '/static/vendor/preact-htm.js';
import { count } from './format.js';

export function SeatBar({ subscription }) {
  const parts = partsOf(subscription);
  const words = parts.map(({ name, seats }) => `${name}: ${count(seats)}`).join(', ');
  return html`
    <div class="seat-bar" role="img" aria-label=${words}>
      ${parts
        .filter(({ seats }) => seats > 0)
        .map(({ kind, seats }) => html`<span class=${kind} style=${{ flexGrow: seats }} />`)}
    </div>
    <ul class="legend" aria-hidden="true">
      ${parts.map(({ kind, name, seats }) => html`<li class=${kind}>${name} <b>${count(seats)}</b></li>`)}
    </ul>
  `;
}

function partsOf({ seats, seatsUsed, seatsAvailable }) {
  const held = seats - seatsUsed - seatsAvailable;
  return [
    { kind: 'used', name: 'In use', seats: seatsUsed },
    ...(held > 0 ? [{ kind: 'held', name: 'Allocated to groups, not in use', seats: held }] : []),
    { kind: 'free', name: 'Free', seats: seatsAvailable },
  ];
}
