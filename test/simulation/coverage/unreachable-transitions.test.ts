import { expect, test } from 'vitest';
import { formatTransition } from './coverage.ts';
import { listPossibleTransitions } from './possible-transitions.ts';
import { EXEMPT_TRANSITIONS } from './unreachable-transitions.ts';

const POSSIBLE_TRANSITIONS = listPossibleTransitions();
const TRANSITIONS_EXEMPT_BY_STATUS = EXEMPT_TRANSITIONS.flatMap(({ events, statuses }) =>
  events.flatMap((event) => statuses?.map((status) => formatTransition(status, event)) ?? []),
);

test.each(TRANSITIONS_EXEMPT_BY_STATUS)(
  'the transition "%s", which has an exemption, exists in the state table',
  (name) => {
    expect(POSSIBLE_TRANSITIONS).toContain(name);
  },
);

test('no transition has two exemptions', () => {
  expect(TRANSITIONS_EXEMPT_BY_STATUS).toEqual([...new Set(TRANSITIONS_EXEMPT_BY_STATUS)]);
});
