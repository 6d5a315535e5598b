import { expect, test } from 'vitest';
import type { RefWrite, RefWriteFacts } from './ref-rules.ts';
import { findRefWriteRefusal } from './ref-rules.ts';

const existing: RefWriteFacts = {
  branch: 'side',
  before: 'a',
  targetIsCommit: true,
  violation: undefined,
  isCheckedOut: false,
  isFastForward: true,
};
const missing = { ...existing, before: undefined };

const CASES: readonly (readonly [string, RefWrite, RefWriteFacts, string | undefined])[] = [
  ['creating a missing branch', 'create', missing, undefined],
  ['creating an existing branch', 'create', existing, 'Reference already exists'],
  ['moving a missing branch', 'move', missing, 'Reference does not exist'],
  ['deleting a missing branch', 'delete', missing, 'Reference does not exist'],
  ['moving to no commit', 'move', { ...existing, targetIsCommit: false }, 'Object does not exist'],
  ['moving forward', 'move', existing, undefined],
  [
    'moving sideways',
    'move',
    { ...existing, isFastForward: false },
    'Update is not a fast forward',
  ],
  ['moving sideways by force', 'force', { ...existing, isFastForward: false }, undefined],
  ['deleting', 'delete', existing, undefined],
  ['breaking a rule', 'force', { ...existing, violation: 'No.' }, 'No.'],
  [
    'moving a branch of a work tree',
    'move',
    { ...existing, isCheckedOut: true },
    'The branch side is checked out in a work tree.',
  ],
];

test.each(CASES)('%s is judged', (_title, write, facts, message) => {
  expect(findRefWriteRefusal(write, facts)?.message).toBe(message);
});

test('only a broken rule and a checked-out branch are rule violations', () => {
  const broken = { ...existing, violation: 'No.' };
  expect(findRefWriteRefusal('move', broken)?.isRuleViolation).toBe(true);
  expect(findRefWriteRefusal('move', { ...existing, isCheckedOut: true })?.isRuleViolation).toBe(
    true,
  );
  expect(findRefWriteRefusal('move', missing)?.isRuleViolation).toBe(false);
});
