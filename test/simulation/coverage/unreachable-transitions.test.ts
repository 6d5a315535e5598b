import { expect, test } from 'vitest';
import { formatTransition } from './coverage.ts';
import { listPossibleTransitions } from './possible-transitions.ts';
import { UNREACHABLE_TRANSITIONS } from './unreachable-transitions.ts';

const POSSIBLE_TRANSITIONS = listPossibleTransitions();
const NAMED_TRANSITIONS = UNREACHABLE_TRANSITIONS.flatMap(({ events, statuses }) =>
  events.flatMap((event) => statuses?.map((status) => formatTransition(status, event)) ?? []),
);

test.each(NAMED_TRANSITIONS)('the state table has %s, which is said not to be met', (name) => {
  expect(POSSIBLE_TRANSITIONS).toContain(name);
});

test('says why of each only once', () => {
  expect(NAMED_TRANSITIONS).toEqual([...new Set(NAMED_TRANSITIONS)]);
});
