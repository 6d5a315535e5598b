import { expect, test } from 'vitest';
import { createPlanFixture, createTaskFixture, NOW } from '../../test/support/cli/plan-fixture.ts';
import { measureLine, renderLines } from './layout/line.ts';
import { renderSummary } from './render-summary.ts';
import { computeSummaryFigures } from './summary-figures.ts';

const START = NOW - 100_000;

function createRunTask(
  id: string,
  startSeconds: number,
  endSeconds: number,
  dependsOn: string[] = [],
  change = {},
) {
  const times = {
    startedAt: START + startSeconds * 1_000,
    finishedAt: START + endSeconds * 1_000,
  };
  return createTaskFixture({ id, status: 'merged', attempt: 1, dependsOn, ...times, ...change });
}

const TASKS = [
  createRunTask('a', 0, 30),
  createRunTask('b', 0, 50, [], { ordinal: 2, attempt: 3 }),
  createTaskFixture({
    id: 'join',
    kind: 'join',
    status: 'merged',
    ordinal: 3,
    dependsOn: ['a', 'b'],
  }),
  createRunTask('c', 50, 80, ['join'], { ordinal: 4 }),
  createRunTask('end', 82, 100, [], { ordinal: 5, kind: 'end' }),
];
const PLAN = createPlanFixture({
  status: 'complete',
  createdAt: START - 20_000,
  startedAt: START,
  finishedAt: NOW,
});

test('the critical path is the longest chain of actual durations, through joins', () => {
  const figures = computeSummaryFigures(PLAN, TASKS, NOW);

  expect(figures.criticalPath).toEqual(['b', 'c', 'end']);
  expect(figures.criticalPathMs).toBe(98_000);
  expect(figures.makespanMs).toBe(100_000);
  expect(figures.ratio).toBeCloseTo(100 / 98);
  expect(figures.beforeStartMs).toBe(20_000);
  expect(figures.workMs).toBe(128_000);
  expect(figures.maxConcurrentTasks).toBe(2);
  expect(figures.attempts).toBe(6);
});

test('an end node depends only on the tasks of its repository', () => {
  const other = { repo: 'acme/docs' };
  const tasks = [
    createRunTask('a', 0, 30),
    createRunTask('b', 0, 90, [], other),
    createRunTask('end', 30, 40, [], { kind: 'end' }),
    createRunTask('end-2', 90, 95, [], { kind: 'end', ...other }),
  ];

  expect(computeSummaryFigures(PLAN, tasks, NOW)).toMatchObject({
    criticalPath: ['b', 'end-2'],
    criticalPathMs: 95_000,
  });
  expect(
    computeSummaryFigures(PLAN, tasks.slice(0, 3), NOW).criticalPath,
    'without the end node of the other repository',
  ).toEqual(['b']);
});

test('figures of a plan without a started task are zero or undefined', () => {
  const figures = computeSummaryFigures(
    createPlanFixture({ startedAt: undefined }),
    [createTaskFixture({ id: 'a' })],
    NOW,
  );

  expect(figures).toMatchObject({
    criticalPath: [],
    criticalPathMs: 0,
    ratio: undefined,
    workMs: 0,
  });
});

test('a chain of ten thousand tasks does not overflow the stack', () => {
  const chain = Array.from({ length: 10_000 }, (_, n) =>
    createRunTask(`t${n}`, n, n + 1, n === 0 ? [] : [`t${n - 1}`]),
  );

  expect(computeSummaryFigures(PLAN, chain, NOW).criticalPath).toHaveLength(10_000);
});

test('the summary shows durations, ratio, tokens, cost and pull requests', () => {
  const pull = {
    repo: 'acme/shop',
    branch: 'smol-gang/p-r1/root',
    base: 'main',
    number: 20,
    url: 'http://forge/pull/20',
    ready: true,
    state: 'open' as const,
  };
  const usage = { inputTokens: 40_000, outputTokens: 2_000, usd: null, turns: 9 };

  const lines = renderSummary({ ...PLAN, usage, pulls: [pull] }, TASKS);
  const text = renderLines(lines, { colour: false }).join('\n');

  expect(text).toContain('complete in 2m 00s');
  expect(text).toMatch(/critical path +1m 38s +b → c → end/);
  expect(text).toMatch(/makespan +1m 40s +1\.02 × the critical path/);
  expect(text).toMatch(/42k +unknown/);
  expect(text).toContain('#20 into main · ready for you to merge  http://forge/pull/20');
  expect(Math.max(...lines.map(measureLine))).toBeLessThanOrEqual(100);
});

test('all bars share a time line, and tasks of the critical path have heavy bars', () => {
  const lines = renderLines(renderSummary(PLAN, TASKS), { colour: false });
  const findBar = (id: string) => lines.find((line) => line.startsWith(`✓  ${id} `))?.slice(25, 58);

  expect(findBar('a')?.trimEnd()).toMatch(/^─+$/);
  expect(findBar('b')?.trimEnd()).toMatch(/^━+$/);
  expect(findBar('c')).toMatch(/^ {16}━+ +$/);
});
