import { LIMITS } from './limits.ts';
import type { Measure } from './measure.ts';
import { computeRatio, formatFinding, formatShare } from './measure.ts';
import type { ExportFact, FileFacts } from './scan/facts.ts';

const KINDS = [
  { kind: 'type', title: 'exported types with a doc comment', least: LIMITS.documentedTypes },
  { kind: 'function', title: 'exported functions with a doc comment', least: undefined },
  { kind: 'class', title: 'exported classes with a doc comment', least: undefined },
] as const satisfies readonly {
  readonly kind: ExportFact['kind'];
  readonly title: string;
  readonly least?: number;
}[];

/** Measures the share of exports with a doc comment; the findings are the undocumented exports. */
export function measureDocs(files: readonly FileFacts[]): Measure[] {
  const exported = files
    .filter(({ group }) => group === 'source')
    .flatMap((file) => file.exports.map((fact) => ({ file, fact })));
  return KINDS.map(({ kind, title, least }): Measure => {
    const all = exported.filter(({ fact }) => fact.kind === kind);
    const missing = all.filter(({ fact }) => !fact.isDocumented);
    const documented = all.length - missing.length;
    return {
      id: `docs-${kind}`,
      title,
      value: formatShare(documented, all.length),
      bound: least === undefined ? undefined : `>= ${100 * least} %`,
      isBroken:
        least !== undefined && all.length > 0 && computeRatio(documented, all.length) < least,
      findings: missing.map(({ file, fact }) => formatFinding(file, fact.line, fact.name)),
    };
  });
}
