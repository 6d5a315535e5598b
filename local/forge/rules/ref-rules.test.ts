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
  ['a new branch may be created', 'create', missing, undefined],
  ['an existing branch may not be created again', 'create', existing, 'Reference already exists'],
  ['a missing branch may not be moved', 'move', missing, 'Reference does not exist'],
  ['a missing branch may not be deleted', 'delete', missing, 'Reference does not exist'],
  [
    'a branch may not be moved to an object that is not a commit',
    'move',
    { ...existing, targetIsCommit: false },
    'Object does not exist',
  ],
  ['a branch may be moved forward', 'move', existing, undefined],
  [
    'a branch may not be moved without force to a commit that does not contain the old head',
    'move',
    { ...existing, isFastForward: false },
    'Update is not a fast forward',
  ],
  [
    'a branch may be moved with force to a commit that does not contain the old head',
    'force',
    { ...existing, isFastForward: false },
    undefined,
  ],
  ['an existing branch may be deleted', 'delete', existing, undefined],
  [
    'a write that violates a rule is refused with the message of the rule',
    'force',
    { ...existing, violation: 'No.' },
    'No.',
  ],
  [
    'a branch that is checked out in a work tree may not be moved',
    'move',
    { ...existing, isCheckedOut: true },
    'The branch side is checked out in a work tree.',
  ],
];

test.each(CASES)('%s', (_title, write, facts, message) => {
  expect(findRefWriteRefusal(write, facts)?.message).toBe(message);
});

test('isRuleViolation is true only for a violated rule and a checked-out branch', () => {
  const violating = { ...existing, violation: 'No.' };
  expect(findRefWriteRefusal('move', violating)?.isRuleViolation).toBe(true);
  expect(findRefWriteRefusal('move', { ...existing, isCheckedOut: true })?.isRuleViolation).toBe(
    true,
  );
  expect(findRefWriteRefusal('move', missing)?.isRuleViolation).toBe(false);
});
