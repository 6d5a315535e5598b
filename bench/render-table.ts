import type { Table } from './scenario.ts';

/** Renders a table as text: the first column aligned left, all others aligned right. */
export function renderTable({ title, head, rows, notes = [] }: Table): string {
  const cells = [head, ...rows].map((row) => row.map(renderCell));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => padCell(cell, widths[column] ?? 0, column))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines.map((line) => `  ${line}`), ...notes.map((note) => `  ${note}`)].join(
    '\n',
  );
}

function padCell(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function renderCell(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell)) return cell.toLocaleString('en-US');
  return cell.toFixed(Math.abs(cell) < 10 ? 2 : 1);
}
