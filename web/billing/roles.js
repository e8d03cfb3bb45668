/** Roles in products, and which of them take a seat. */

import { word } from './format.js';
import { usePage } from './hooks.js';

/** Pairs of value and text. */
export const ROLES = ['OWNER', 'CONTRIBUTOR', 'REVIEWER', 'VIEWER'].map((role) => [role, word(role)]);

export const NO_ROLE = ['', 'No access'];

/** Which roles take a seat, as far as the caller sees the plan. */
export function useSeatRule() {
  const { account } = usePage();
  const plan = account.subscription?.plan;
  if (plan && !plan.features.includes('FREE_REVIEWERS')) return 'Every role takes a paid seat.';
  if (plan) return 'Owners and contributors take a paid seat, reviewers and viewers none.';
  return 'Owners and contributors take a paid seat; on some plans reviewers and viewers do too.';
}
