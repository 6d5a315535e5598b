import { parseAmount } from './money.js';

/** Creates an entry of the ledger: {date, cents, category, note}. Throws if date, amount or category is invalid. */
export function createEntry({ date, amount, category, note = '' }) {
  if (!isDate(date)) throw new Error(`not a date: ${date}`);
  if (typeof category !== 'string' || category.trim() === '') throw new Error('an entry needs a category');
  return Object.freeze({ date, cents: parseAmount(amount), category: category.trim(), note: note.trim() });
}

/** Returns whether a text is a day of the calendar, such as "2026-02-28". */
export function isDate(text) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
