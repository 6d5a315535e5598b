import { parseAmount } from './money.js';

/** Entries that hold for all of the wishes: text in note or category, smallest and largest amount ("12.50"). */
export function filterEntries(entries, { text = '', min, max } = {}) {
  const wanted = text.toLowerCase();
  const least = min === undefined ? 0 : parseAmount(min);
  const most = max === undefined ? Number.POSITIVE_INFINITY : parseAmount(max);
  return entries.filter(({ cents, category, note }) => {
    if (cents < least || cents > most) return false;
    return `${category} ${note}`.toLowerCase().includes(wanted);
  });
}
