/** Dates, counts and names of things as people read them. */

const [known = 'en-US'] = Intl.NumberFormat.supportedLocalesOf(navigator.languages);

/** The first of the reader's languages whose numbers and dates are known, as a tag. */
export const { locale } = new Intl.NumberFormat(known).resolvedOptions();

const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
const moments = new Intl.DateTimeFormat(locale, {
  dateStyle: 'medium',
  timeStyle: 'short',
});
const counts = new Intl.NumberFormat(locale);

const DAY = 24 * 60 * 60 * 1000;

export const date = (iso) => dates.format(new Date(`${iso}T00:00:00Z`));

/** An instant, in the reader's own time zone. */
export const moment = (iso) => moments.format(new Date(iso));

/** The last day of a period whose `end` is the first day after it. */
export const lastDay = ({ end }) => dates.format(new Date(Date.parse(`${end}T00:00:00Z`) - DAY));

export const count = (number) => counts.format(number);

export const seats = (number) => `${count(number)} ${number === 1 ? 'seat' : 'seats'}`;

export const users = (number) => `${count(number)} ${number === 1 ? 'user' : 'users'}`;

const lists = new Intl.ListFormat('en', { type: 'conjunction' });

/** Names in a row. */
export const named = (names) => lists.format(names);

const percents = new Intl.NumberFormat(locale, {
  style: 'percent',
  maximumFractionDigits: 4,
});

/** A rate, given as a fraction. */
export const percent = (fraction) => percents.format(Number(fraction));

const WORDS = {
  INVITED: 'Invited',
  ACTIVE: 'Active',
  DISABLED: 'Disabled',
  CANCELED: 'Canceled',
  OPEN: 'Open',
  PAID: 'Paid',
  VOID: 'Void',
  CREDITED: 'Credited',
  ISSUED: 'Credit note',
  OWNER: 'Owner',
  CONTRIBUTOR: 'Contributor',
  REVIEWER: 'Reviewer',
  VIEWER: 'Viewer',
};

/** What a price is for. */
export const each = ({ interval }) => (interval === 'YEAR' ? 'a seat a year' : 'a seat a month');

/** An enum value in words. */
export const word = (value) => WORDS[value] ?? value;
