export { createEntry, isDate } from './entry.js';
export { addEntry, totalOf } from './ledger.js';
export { formatAmount, parseAmount } from './money.js';
export { loadEntries, saveEntries } from './store.js';
