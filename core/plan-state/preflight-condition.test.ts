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
  rootMergesOnly: true,
};
const SIGNED = { rule: 'required_signatures', message: 'signed', blocking: true };
const DELETION_BLOCKED = { rule: 'deletion', message: 'kept', blocking: false };

test.each([
  [SQUASH_ONLY, true, false],
  [SQUASH_ONLY, false, true],
  [SIGNED, true, true],
  [DELETION_BLOCKED, false, false],
])('%o, simple: %s', (finding, isSimple, stops) => {
  const conditions = selectRelevantConditions(
    [createPreflightCondition('acme/shop', finding, 1)],
    isSimple,
  );

  expect(blocksPlan(finding, isSimple)).toBe(stops);
  expect(conditions.some(isBlockingCondition)).toBe(stops);
});
