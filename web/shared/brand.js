/** The vendor's own: with brand.css and icon.svg all that a brand is made of. */

export const brand = {
  /** What pages call the product. */
  name: 'Seatwise',
  /** Whether the billing page leads to the API explorer. */
  explorer: true,
};
