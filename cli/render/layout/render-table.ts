import type { Line, Span } from './line.ts';
import { getSpanText, measureLine, styleSpan } from './line.ts';
import { measureWidth, truncateText } from './text.ts';

export type Column = {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** Gives way, down to `min` columns, when the table is wider than the paper. */
  readonly shrinks?: boolean;
  readonly min?: number;
  readonly max?: number;
};

const GAP = '  ';

/**
 * Rows of cells as lines of at most `width` columns, as far as shrinking columns allow. Without headers: no head line. The
 * last cell of a row that has fewer cells than there are columns reaches to the end of the line.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Span[])[],
  width: number,
  indent = '',
): Line[] {
  const widths = fitWidths(columns, rows, width - indent.length);
  const lines = rows.map((row) => renderRow(columns, row, widths, indent));
  if (columns.every((column) => column.header === '')) return lines;
  const head = columns.map((column) => styleSpan('dim', column.header));
  return [renderRow(columns, head, widths, indent), ...lines];
}

function renderRow(
  columns: readonly Column[],
  row: readonly Span[],
  widths: readonly number[],
  indent: string,
): Line {
  const line: Span[] = indent === '' ? [] : [indent];
  columns.forEach((column, index) => {
    const width = widths[index] ?? 0;
    if (width === 0) return;
    if (index >= row.length) return;
    const span = row[index] ?? '';
    const reaches = index === row.length - 1;
    const room = reaches ? sumWidths(widths.slice(index)) : width;
    const text = truncateText(getSpanText(span), room);
    const cell = typeof span === 'string' ? text : { text, style: span.style };
    const fill = ' '.repeat(Math.max(0, width - measureWidth(text)));
    const isLast = index === columns.length - 1;
    if (line.length > (indent === '' ? 0 : 1)) line.push(GAP);
    if (column.align === 'right') line.push(fill, cell);
    else line.push(cell, isLast ? '' : fill);
  });
  return line;
}

function fitWidths(
  columns: readonly Column[],
  rows: readonly (readonly Span[])[],
  width: number,
): number[] {
  const widths = columns.map((column, index) => {
    const reaches = (row: readonly Span[]) =>
      index === row.length - 1 && row.length < columns.length;
    const cells = rows.map((row) => (reaches(row) ? 0 : measureLine([row[index] ?? ''])));
    const natural = Math.max(measureWidth(column.header), ...cells.slice(0, 5_000));
    const empty = rows.length > 0 && cells.every((cell) => cell === 0);
    return empty ? 0 : Math.min(natural, column.max ?? natural);
  });
  let excess = sumWidths(widths) - width;
  while (excess > 0) {
    const widest = findWidestShrinking(columns, widths);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

/** Of the columns that are shown, with the gaps between them. */
function sumWidths(widths: readonly number[]): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((sum, each) => sum + each, 0) + GAP.length * (shown.length - 1);
}

function findWidestShrinking(
  columns: readonly Column[],
  widths: readonly number[],
): number | undefined {
  let widest: number | undefined;
  columns.forEach((column, index) => {
    const width = widths[index] ?? 0;
    if (column.shrinks !== true || width <= (column.min ?? 8)) return;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = index;
  });
  return widest;
}
