import { expect, test } from 'vitest';
import type { Flag } from './flag.ts';
import { addFlagCounts, describeFlagCounts, sortFlags, summariseFlags } from './flag.ts';

const OUT_OF_SCOPE: readonly Flag[] = Array.from({ length: 600 }, (_, index) => ({
  path: `docs/${index}.md`,
  why: 'outside the scope of the task',
  kind: 'out_of_scope',
}));
const CI: Flag = { path: 'z/ci.yml', why: 'changes CI', kind: 'ci' };

test('the worst flag comes first, however many others there are', () => {
  const sorted = sortFlags([...OUT_OF_SCOPE, CI]);

  expect(sorted[0]).toEqual(CI);
  expect(sorted[1]?.path).toBe('docs/0.md');
});

test('a summary counts all flags by kind and lists the five worst', () => {
  const summary = summariseFlags([...OUT_OF_SCOPE, CI]);

  expect(summary).toMatchObject({ total: 601, byKind: { ci: 1, out_of_scope: 600 } });
  expect(summary?.first).toHaveLength(5);
  expect(summary?.first[0]).toEqual(CI);
  expect(summariseFlags([])).toBeUndefined();
});

test('a summary of a shortened list uses the counts of the whole list', () => {
  expect(summariseFlags([CI], { ci: 1, out_of_scope: 600 })?.total).toBe(601);
});

test('a summary stays below one kilobyte', () => {
  const long = 'x'.repeat(4_000);
  const flags = Array.from({ length: 9 }, () => ({ path: long, why: long, kind: 'ci' as const }));

  expect(JSON.stringify(summariseFlags(flags)).length).toBeLessThan(1_100);
});

test('counts are described with the worst kind first', () => {
  const counts = addFlagCounts([{ out_of_scope: 2 }, { ci: 1, out_of_scope: 1 }]);

  expect(describeFlagCounts(counts)).toBe('1 CI, 3 out of scope');
});
