import { canonicalCategory } from './category.js';
import { formatCsv, parseCsv } from './csv.js';
import { createEntry } from './entry.js';
import { addEntry } from './ledger.js';

const COLUMNS = ['date', 'amount', 'category', 'note'];

/** Formats all entries as CSV with a header. */
export function exportCsv(entries) {
  const rows = entries.map(({ date, cents, category, note }) => [
    date,
    (cents / 100).toFixed(2),
    category,
    note,
  ]);
  return formatCsv([COLUMNS, ...rows]);
}

/** Adds the entries of a CSV text with a header; skips entries that already exist. Returns {entries, added, skipped}. */
export function importCsv(entries, text) {
  const [header = [], ...rows] = parseCsv(text);
  const missingColumns = COLUMNS.slice(0, 3).filter((column) => !header.includes(column));
  if (missingColumns.length > 0) throw new Error(`the CSV has no column ${missingColumns.join(', ')}`);
  const knownKeys = new Set(entries.map(keyOf));
  let allEntries = entries;
  for (const [index, row] of rows.entries()) {
    const entry = toEntry(header, row, index + 2);
    if (knownKeys.has(keyOf(entry))) continue;
    knownKeys.add(keyOf(entry));
    allEntries = addEntry(allEntries, entry);
  }
  const added = allEntries.length - entries.length;
  return { entries: allEntries, added, skipped: rows.length - added };
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
