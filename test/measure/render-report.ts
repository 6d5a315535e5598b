import type { Measure } from './measure.ts';

/** Renders the measures as a table in plain text. */
export function renderReport(measures: readonly Measure[]): string {
  const rows = measures.map(({ id, title, value, bound, isBroken }) => [
    id,
    title,
    value,
    bound ?? '',
    renderVerdict(bound, isBroken),
  ]);
  const all = [['id', 'measure', 'value', 'bound', ''], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all
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
  const shown = findings.slice(0, limit).map((place) => `  ${place}`);
  const left = findings.length - shown.length;
  const more = left > 0 ? [`  and ${left} more: npm run measure:code -- --list ${id}`] : [];
  return [`${id}: ${title}`, ...shown, ...more].join('\n');
}

function renderVerdict(bound: string | undefined, isBroken: boolean): string {
  if (bound === undefined) return '';
  return isBroken ? 'BROKEN' : 'ok';
}
