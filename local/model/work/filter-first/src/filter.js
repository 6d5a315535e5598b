import { formatAmount } from './money.js';

/** Returns the entries that contain `text` in note or category, and whose amount is between `min` and `max` ("12.50"). */
export function filterEntries(entries, { text = '', min, max } = {}) {
  const lowerCaseText = text.toLowerCase();
  return entries.filter((entry) => {
    const amount = formatAmount(entry.cents);
    if (min !== undefined && amount < min) return false;
    if (max !== undefined && amount > max) return false;
    return `${entry.category} ${entry.note}`.toLowerCase().includes(lowerCaseText);
  });
}
