// Amounts are whole cents, because sums of binary fractions have rounding errors.

/** Parses a text such as "12.50", "12,5" or "12" into cents. */
export function parseAmount(text) {
  const match = /^(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (match === null) throw new Error(`not an amount: ${text}`);
  const [, whole, fraction = ''] = match;
  return Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
}

/** Formats cents: "12.50" for 1250. */
export function formatAmount(cents) {
  const sign = cents < 0 ? '-' : '';
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
