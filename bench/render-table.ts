import type { Table } from './scenario.ts';

/** Columns of numbers to the right, the first to the left. */
export function renderTable({ title, head, rows, notes = [] }: Table): string {
  const cells = [head, ...rows].map((row) => row.map(renderCell));
  const widths = head.map((_, place) => Math.max(...cells.map((row) => row[place]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, place) => padCell(cell, widths[place] ?? 0, place))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines.map((line) => `  ${line}`), ...notes.map((note) => `  ${note}`)].join(
    '\n',
  );
}

function padCell(cell: string, width: number, place: number): string {
  return place === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function renderCell(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell)) return cell.toLocaleString('en-US');
  return cell.toFixed(Math.abs(cell) < 10 ? 2 : 1);
}
