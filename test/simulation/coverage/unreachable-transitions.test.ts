import { expect, test } from 'vitest';
import { formatTransition } from './coverage.ts';
import { listPossibleTransitions } from './possible-transitions.ts';
import { UNREACHABLE_TRANSITIONS } from './unreachable-transitions.ts';

const POSSIBLE_TRANSITIONS = listPossibleTransitions();
const NAMED_TRANSITIONS = UNREACHABLE_TRANSITIONS.flatMap(({ events, statuses }) =>
  events.flatMap((event) => statuses?.map((status) => formatTransition(status, event)) ?? []),
);

test.each(NAMED_TRANSITIONS)('the exempt transition %s exists in the state table', (name) => {
  expect(POSSIBLE_TRANSITIONS).toContain(name);
});

test('no transition has two exemptions', () => {
  expect(NAMED_TRANSITIONS).toEqual([...new Set(NAMED_TRANSITIONS)]);
});
