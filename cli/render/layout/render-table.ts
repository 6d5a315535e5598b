import type { Line, Span } from './line.ts';
import { getSpanText, measureLine, styleSpan } from './line.ts';
import { measureWidth, truncateText } from './text.ts';

/** Column of a table. Widths are counted in terminal columns. */
export type Column = {
  /** Header; a table whose headers are all empty has no header line. */
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** True if the column shrinks when the table is too wide. */
  readonly shrinks?: boolean;
  /** Width below which a column does not shrink; default 8. */
  readonly minWidth?: number;
  /** Width above which cells are cut in a table of limited width; default: no limit. */
  readonly maxWidth?: number;
};

const GAP = '  ';

/**
 * Renders rows of cells as lines of at most `width` terminal columns, as far as the shrinking columns allow. A row may have
 * fewer cells than the table has columns; the last cell of such a row reaches to the end of the line.
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
    const reachesEnd = index === row.length - 1;
    const cellWidth = reachesEnd ? sumWidths(widths.slice(index)) : width;
    const text = truncateText(getSpanText(span), cellWidth);
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
  const hasLimit = width < Number.POSITIVE_INFINITY;
  const widths = columns.map((column, index) => {
    const reachesEnd = (row: readonly Span[]) =>
      index === row.length - 1 && row.length < columns.length;
    const cellWidths = rows.map((row) => (reachesEnd(row) ? 0 : measureLine([row[index] ?? ''])));
    // A call takes a limited number of arguments, so only the first rows determine the width.
    const naturalWidth = Math.max(measureWidth(column.header), ...cellWidths.slice(0, 5_000));
    const isEmpty = rows.length > 0 && cellWidths.every((cellWidth) => cellWidth === 0);
    return isEmpty
      ? 0
      : Math.min(naturalWidth, hasLimit ? (column.maxWidth ?? naturalWidth) : naturalWidth);
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

/** Returns the total width of the visible columns, with the gaps between them. */
function sumWidths(widths: readonly number[]): number {
  const visibleWidths = widths.filter((width) => width > 0);
  return (
    visibleWidths.reduce((sum, width) => sum + width, 0) + GAP.length * (visibleWidths.length - 1)
  );
}

function findWidestShrinking(
  columns: readonly Column[],
  widths: readonly number[],
): number | undefined {
  let widest: number | undefined;
  columns.forEach((column, index) => {
    const width = widths[index] ?? 0;
    if (column.shrinks !== true || width <= (column.minWidth ?? 8)) return;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = index;
  });
  return widest;
}
