import { LIMITS } from './limits.ts';
import type { Measure } from './measure.ts';
import { computeRatio, formatFinding, formatShare } from './measure.ts';
import type { ExportFact, FileFacts } from './scan/facts.ts';

/** Measured kinds of exports. `minimum`: smallest allowed share, as a fraction of 1. */
const KINDS = [
  { kind: 'type', title: 'exported types with a doc comment', minimum: LIMITS.documentedTypes },
  { kind: 'function', title: 'exported functions with a doc comment', minimum: undefined },
  { kind: 'class', title: 'exported classes with a doc comment', minimum: undefined },
] as const satisfies readonly {
  readonly kind: ExportFact['kind'];
  readonly title: string;
  readonly minimum?: number;
}[];

/** Measures the share of exports with a doc comment; the findings are the undocumented exports. */
export function measureDocs(files: readonly FileFacts[]): Measure[] {
  const exported = files
    .filter(({ group }) => group === 'source')
    .flatMap((file) => file.exports.map((fact) => ({ file, fact })));
  return KINDS.map(({ kind, title, minimum }): Measure => {
    const exportsOfKind = exported.filter(({ fact }) => fact.kind === kind);
    const undocumented = exportsOfKind.filter(({ fact }) => !fact.isDocumented);
    const documentedCount = exportsOfKind.length - undocumented.length;
    return {
      id: `docs-${kind}`,
      title,
      value: formatShare(documentedCount, exportsOfKind.length),
      bound: minimum === undefined ? undefined : `>= ${100 * minimum} %`,
      isBroken:
        minimum !== undefined &&
        exportsOfKind.length > 0 &&
        computeRatio(documentedCount, exportsOfKind.length) < minimum,
      findings: undocumented.map(({ file, fact }) => formatFinding(file, fact.line, fact.name)),
    };
  });
}
