// Comma-separated values as spreadsheets and banks write them (RFC 4180).

const QUOTED_WHEN = /[",\r\n]/;

/** Rows of fields. Empty lines are left out. */
export function parseCsv(text) {
  const rows = [];
  let row = [];
  let field = '';
  let quoted = false;
  const endRow = () => {
    row.push(field);
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    field = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (quoted && sign === '"' && text[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (sign === '"' && (quoted || field === '')) {
      quoted = !quoted;
    } else if (!quoted && sign === ',') {
      row.push(field);
      field = '';
    } else if (!quoted && sign === '\n') {
      endRow();
    } else if (quoted || sign !== '\r') {
      field += sign;
    }
  }
  if (quoted) throw new Error('a quoted field does not end');
  endRow();
  return rows;
}

/** One line a row; fields are quoted where they need it. */
export function formatCsv(rows) {
  return rows.map((row) => `${row.map(formatField).join(',')}\n`).join('');
}

function formatField(field) {
  return QUOTED_WHEN.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
