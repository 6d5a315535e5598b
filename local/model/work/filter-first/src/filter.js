import { formatAmount } from './money.js';

/** Entries that hold for all of the wishes: text in note or category, smallest and largest amount ("12.50"). */
export function filterEntries(entries, { text = '', min, max } = {}) {
  const wanted = text.toLowerCase();
  return entries.filter((entry) => {
    const amount = formatAmount(entry.cents);
    if (min !== undefined && amount < min) return false;
    if (max !== undefined && amount > max) return false;
    return `${entry.category} ${entry.note}`.toLowerCase().includes(wanted);
  });
}
