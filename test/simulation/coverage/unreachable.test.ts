import { expect, test } from 'vitest';
import { transitionName } from './coverage.ts';
import { possibleTransitions } from './possible.ts';
import { UNREACHABLE } from './unreachable.ts';

const POSSIBLE = possibleTransitions();
const NAMED = UNREACHABLE.flatMap(({ events, statuses }) =>
  events.flatMap((event) => statuses?.map((status) => transitionName(status, event)) ?? []),
);

test.each(NAMED)('the state table has %s, which is said not to be met', (name) => {
  expect(POSSIBLE).toContain(name);
});

test('says why of each only once', () => {
  expect(NAMED).toEqual([...new Set(NAMED)]);
});
