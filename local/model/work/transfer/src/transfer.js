import { canonicalCategory } from './category.js';
import { formatCsv, parseCsv } from './csv.js';
import { createEntry } from './entry.js';
import { addEntry } from './ledger.js';

const COLUMNS = ['date', 'amount', 'category', 'note'];

/** All entries as CSV with a header. */
export function exportCsv(entries) {
  const rows = entries.map(({ date, cents, category, note }) => [
    date,
    (cents / 100).toFixed(2),
    category,
    note,
  ]);
  return formatCsv([COLUMNS, ...rows]);
}

/** Takes entries from CSV with a header; those that are there already are skipped: {entries, added, skipped}. */
export function importCsv(entries, text) {
  const [header = [], ...rows] = parseCsv(text);
  const missing = COLUMNS.slice(0, 3).filter((column) => !header.includes(column));
  if (missing.length > 0) throw new Error(`the CSV has no column ${missing.join(', ')}`);
  const known = new Set(entries.map(keyOf));
  let all = entries;
  for (const [index, row] of rows.entries()) {
    const entry = toEntry(header, row, index + 2);
    if (known.has(keyOf(entry))) continue;
    known.add(keyOf(entry));
    all = addEntry(all, entry);
  }
  const added = all.length - entries.length;
  return { entries: all, added, skipped: rows.length - added };
}

function toEntry(header, row, line) {
  const fields = Object.fromEntries(header.map((column, index) => [column, row[index] ?? '']));
  try {
    return createEntry({ ...fields, category: canonicalCategory(fields.category) });
  } catch (error) {
    throw new Error(`line ${line}: ${error.message}`);
  }
}

function keyOf({ date, cents, category, note }) {
  return JSON.stringify([date, cents, canonicalCategory(category), note]);
}
