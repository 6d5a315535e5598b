import type { BannedName } from './banned-names.ts';
import { BANNED_NAMES } from './banned-names.ts';
import type { Measure } from './measure.ts';
import { createCountMeasure, formatFinding } from './measure.ts';
import type { FileFacts, NameFact } from './scan/facts.ts';

/** Measures the declared names against the table of banned names. */
export function measureNames(
  files: readonly FileFacts[],
  banned: readonly BannedName[] = BANNED_NAMES,
): Measure {
  const findings = files.flatMap((file) =>
    file.names.flatMap((fact) => {
      const row = banned.find((candidate) => isBanned(fact, candidate));
      return row === undefined
        ? []
        : formatFinding(file, fact.line, `${fact.name} (use instead: ${row.use})`);
    }),
  );
  return createCountMeasure('names', 'declared names that are banned', findings);
}

/** Splits a name into words: `HTTPClient2` becomes `http-client2`. */
export function splitIntoWords(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .replace(/[_\s]+/g, '-')
    .toLowerCase();
}

function isBanned({ name, kind }: NameFact, row: BannedName): boolean {
  return (row.kind === undefined || row.kind === kind) && row.pattern.test(splitIntoWords(name));
}
