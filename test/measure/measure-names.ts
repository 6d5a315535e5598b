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
      const ban = banned.find((candidate) => isBanned(fact, candidate));
      return ban === undefined
        ? []
        : formatFinding(file, fact.line, `${fact.name} (use instead: ${ban.use})`);
    }),
  );
  return createCountMeasure('names', 'declared names that are banned', findings);
}

/** Joins the words of a name with `-`, in lower case: `HTTPClient2` becomes `http-client2`. */
export function joinWordsWithHyphens(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .replace(/[_\s]+/g, '-')
    .toLowerCase();
}

function isBanned({ name, kind }: NameFact, ban: BannedName): boolean {
  return (
    (ban.kind === undefined || ban.kind === kind) && ban.pattern.test(joinWordsWithHyphens(name))
  );
}
