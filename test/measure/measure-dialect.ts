import type { Measure } from './measure.ts';
import { countMeasure, finding } from './measure.ts';
import type { MutableType } from './mutable-types.ts';
import { MUTABLE_TYPES } from './mutable-types.ts';
import type { FileFacts, MemberFact } from './scan/facts.ts';

/** Measures the rules of the dialect that the linter cannot check. */
export function measureDialect(
  files: readonly FileFacts[],
  allowed: readonly MutableType[] = MUTABLE_TYPES,
): Measure[] {
  return [
    countMeasure('private-members', 'class members with `private` instead of `#`', [
      ...listMembers(files, 'private'),
    ]),
    countMeasure('mutable-members', 'type members without readonly that no row allows', [
      ...listMembers(files, 'mutable', allowed),
      ...listUnusedRows(files, allowed),
    ]),
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
      .filter(({ type }) => !allowed.some((row) => row.path === file.path && row.type === type))
      .map(({ line, type, name }) => finding(file, line, type === '' ? name : `${type}.${name}`)),
  );
}

function listUnusedRows(files: readonly FileFacts[], allowed: readonly MutableType[]): string[] {
  const mutable = new Set(
    files.flatMap(({ path, members }) =>
      members.filter(({ kind }) => kind === 'mutable').map(({ type }) => `${path} ${type}`),
    ),
  );
  return allowed
    .filter(({ path, type }) => !mutable.has(`${path} ${type}`))
    .map(({ path, type }) => `${path}: ${type} has no mutable member; remove its row`);
}
