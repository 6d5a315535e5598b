import { expect, test } from 'vitest';
import {
  blocksPlan,
  createPreflightCondition,
  isBlockingCondition,
  selectRelevantConditions,
} from './preflight-condition.ts';

const SQUASH_ONLY = {
  rule: 'merge_methods',
  message: 'no merges',
  blocking: true,
  concernsOnlyRootMerges: true,
};
const SIGNED = { rule: 'required_signatures', message: 'signed', blocking: true };
const DELETION_BLOCKED = { rule: 'deletion', message: 'kept', blocking: false };

test.each([
  {
    title: 'a rule about root merges does not block a simple plan',
    finding: SQUASH_ONLY,
    isSimple: true,
    isBlocked: false,
  },
  {
    title: 'a rule about root merges blocks a complex plan',
    finding: SQUASH_ONLY,
    isSimple: false,
    isBlocked: true,
  },
  {
    title: 'required signatures block a simple plan',
    finding: SIGNED,
    isSimple: true,
    isBlocked: true,
  },
  {
    title: 'a ban on deletions blocks no plan',
    finding: DELETION_BLOCKED,
    isSimple: false,
    isBlocked: false,
  },
])('$title', ({ finding, isSimple, isBlocked }) => {
  const conditions = selectRelevantConditions(
    [createPreflightCondition('acme/shop', finding, 1)],
    isSimple,
  );

  expect(blocksPlan(finding, isSimple)).toBe(isBlocked);
  expect(conditions.some(isBlockingCondition)).toBe(isBlocked);
});
