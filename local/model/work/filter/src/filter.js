import { parseAmount } from './money.js';

/** Returns the entries that contain `text` in note or category, and whose amount is between `min` and `max` ("12.50"). */
export function filterEntries(entries, { text = '', min, max } = {}) {
  const lowerCaseText = text.toLowerCase();
  const minCents = min === undefined ? 0 : parseAmount(min);
  const maxCents = max === undefined ? Number.POSITIVE_INFINITY : parseAmount(max);
  return entries.filter(({ cents, category, note }) => {
    if (cents < minCents || cents > maxCents) return false;
    return `${category} ${note}`.toLowerCase().includes(lowerCaseText);
  });
}
