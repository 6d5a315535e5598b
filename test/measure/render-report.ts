import type { Measure } from './measure.ts';

/** Renders the measures as a table in plain text. */
export function renderReport(measures: readonly Measure[]): string {
  const rows = measures.map(({ id, title, value, bound, isBroken }) => [
    id,
    title,
    value,
    bound ?? '',
    renderStatus(bound, isBroken),
  ]);
  const table = [['id', 'measure', 'value', 'bound', ''], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Renders at most `limit` findings of a measure. */
export function renderFindings({ id, title, findings }: Measure, limit: number): string {
  const lines = findings.slice(0, limit).map((finding) => `  ${finding}`);
  const hiddenCount = findings.length - lines.length;
  const hint =
    hiddenCount > 0
      ? [`  and ${hiddenCount} more; list all: npm run measure:code -- --list ${id}`]
      : [];
  return [`${id}: ${title}`, ...lines, ...hint].join('\n');
}

function renderStatus(bound: string | undefined, isBroken: boolean): string {
  if (bound === undefined) return '';
  return isBroken ? 'BROKEN' : 'ok';
}
