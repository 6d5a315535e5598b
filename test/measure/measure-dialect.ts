import type { Measure } from './measure.ts';
import { createCountMeasure, formatFinding } from './measure.ts';
import type { MutableType } from './mutable-types.ts';
import { MUTABLE_TYPES } from './mutable-types.ts';
import type { FileFacts, MemberFact } from './scan/facts.ts';

/** Measures two rules of style that the linter cannot check: `#` instead of `private`, and `readonly` members of types. */
export function measureDialect(
  files: readonly FileFacts[],
  allowed: readonly MutableType[] = MUTABLE_TYPES,
): Measure[] {
  return [
    createCountMeasure('private-members', 'class members with `private` instead of `#`', [
      ...listMembers(files, 'private'),
    ]),
    createCountMeasure(
      'mutable-members',
      'type members without readonly that MUTABLE_TYPES does not allow',
      [...listMembers(files, 'mutable', allowed), ...listUnusedEntries(files, allowed)],
    ),
  ];
}

function listMembers(
  files: readonly FileFacts[],
  kind: MemberFact['kind'],
  allowed: readonly MutableType[] = [],
): string[] {
  return files.flatMap((file) =>
    file.members
      .filter((member) => member.kind === kind)
      .filter(
        ({ type }) => !allowed.some((entry) => entry.path === file.path && entry.type === type),
      )
      .map(({ line, type, name }) =>
        formatFinding(file, line, type === '' ? name : `${type}.${name}`),
      ),
  );
}

function listUnusedEntries(files: readonly FileFacts[], allowed: readonly MutableType[]): string[] {
  const typesWithMutableMembers = new Set(
    files.flatMap(({ path, members }) =>
      members.filter(({ kind }) => kind === 'mutable').map(({ type }) => `${path} ${type}`),
    ),
  );
  return allowed
    .filter(({ path, type }) => !typesWithMutableMembers.has(`${path} ${type}`))
    .map(
      ({ path, type }) =>
        `${path}: ${type} has no mutable member; remove its entry from MUTABLE_TYPES`,
    );
}
