// Comma-separated values as spreadsheets and banks write them (RFC 4180).

const NEEDS_QUOTES = /[",\r\n]/;

/** Parses CSV into rows of fields; skips empty lines. Throws if a quoted field does not end. */
export function parseCsv(text) {
  const rows = [];
  let row = [];
  let field = '';
  let isQuoted = false;
  const endRow = () => {
    row.push(field);
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    field = '';
  };
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (isQuoted && char === '"' && text[index + 1] === '"') {
      field += '"';
      index += 1;
    } else if (char === '"' && (isQuoted || field === '')) {
      isQuoted = !isQuoted;
    } else if (!isQuoted && char === ',') {
      row.push(field);
      field = '';
    } else if (!isQuoted && char === '\n') {
      endRow();
    } else if (isQuoted || char !== '\r') {
      field += char;
    }
  }
  if (isQuoted) throw new Error('a quoted field does not end');
  endRow();
  return rows;
}

/** Formats each row as a line; quotes only the fields that need quotes. */
export function formatCsv(rows) {
  return rows.map((row) => `${row.map(formatField).join(',')}\n`).join('');
}

function formatField(field) {
  return NEEDS_QUOTES.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
