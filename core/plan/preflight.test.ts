import { expect, test } from 'vitest';
import { isBlocking, preflightNotice, relevantNotices, stopsPlan } from './preflight.ts';

const SQUASH_ONLY = { rule: 'merge_methods', message: 'no merges', blocking: true, lane: true };
const SIGNED = { rule: 'required_signatures', message: 'signed', blocking: true };
const KEPT = { rule: 'deletion', message: 'kept', blocking: false };

test.each([
  [SQUASH_ONLY, true, false],
  [SQUASH_ONLY, false, true],
  [SIGNED, true, true],
  [KEPT, false, false],
])('%o, simple: %s', (finding, isSimple, stops) => {
  const notices = relevantNotices([preflightNotice('acme/shop', finding, 1)], isSimple);

  expect(stopsPlan(finding, isSimple)).toBe(stops);
  expect(notices.some(isBlocking)).toBe(stops);
});
