import { describe, expect, it } from 'vitest';
import type { TaskSpec } from '../contract/task.ts';
import { validateGraph } from './check/validate-graph.ts';
import { applyEdits } from './edit/apply-edits.ts';
import { forecastGraph } from './forecast/forecast-graph.ts';
import { buildRunGraph } from './order/build-run-graph.ts';
import { orderOverlaps } from './overlap/order-overlaps.ts';
import { renderMermaid } from './render-mermaid.ts';
import { makeTask } from './task-fixture.ts';

// All steps together take a few seconds; an algorithm with quadratic time would take minutes. The test measures processor
// time, because elapsed time depends on the load of the machine.
const TASK_COUNT = 10_000;
const MAX_MS = 10_000;
const BASE_TASK = makeTask('base');

function makeTasks(fields: (index: number) => Partial<TaskSpec>): TaskSpec[] {
  return Array.from({ length: TASK_COUNT }, (_, index) => ({
    ...BASE_TASK,
    id: `t${index}`,
    ...fields(index),
  }));
}

/** Returns a repeatable pseudo-random number from 0 to `below` - 1. */
function pickNumber(index: number, salt: number, below: number): number {
  return (
    Math.floor(((Math.sin(index * 12.9898 + salt * 78.233) * 43_758.5453) % 1) * below + below) %
    below
  );
}

const ALL_IDS = Array.from({ length: TASK_COUNT }, (_, index) => `t${index}`);
const GRAPHS: [string, TaskSpec[]][] = [
  [
    'a chain',
    makeTasks((index) => ({
      dependsOn: index === 0 ? [] : [`t${index - 1}`],
      scope: [`m${index}/`],
    })),
  ],
  [
    'a fan',
    makeTasks((index) => {
      if (index === 0) return {};
      return index === TASK_COUNT - 1
        ? { dependsOn: ALL_IDS.slice(1, -1) }
        : { dependsOn: ['t0'], scope: [`m${index}/`] };
    }),
  ],
  [
    'a random graph with scopes',
    makeTasks((index) => ({
      dependsOn:
        index === 0
          ? []
          : [...new Set([`t${pickNumber(index, 1, index)}`, `t${pickNumber(index, 2, index)}`])],
      scope: [3, 4, 5].map(
        (salt) => `src/a${pickNumber(index, salt, 100)}/b${pickNumber(index, salt + 3, 100)}/x.ts`,
      ),
      estimate: 1 + pickNumber(index, 9, 30),
    })),
  ],
  ['tasks that change the same file', makeTasks(() => ({ scope: ['src/app.ts'] }))],
  [
    'alternating tasks for a file and for its directory',
    makeTasks((index) => ({ scope: [index % 2 ? `src/f${index}.ts` : 'src/'] })),
  ],
  [
    'alternating tasks for a file and for a glob that matches the file',
    makeTasks((index) => ({ scope: [index % 2 ? `src/f${index}.ts` : '**/*.ts'] })),
  ],
  ['globs that match no common file', makeTasks((index) => ({ scope: [`**/x-${index}-*.ts`] }))],
];

describe.each(GRAPHS)('a graph of 10,000 tasks (%s)', (_, tasks) => {
  it('needs less than 10 seconds of processor time for all graph operations together', {
    timeout: 120_000,
  }, () => {
    const before = process.threadCpuUsage();

    const context = { repositories: ['o/r'], source: 'person' as const, maxTasks: TASK_COUNT };
    const problems = validateGraph(tasks, context);
    const { edges, unorderedPairs } = orderOverlaps(tasks, [], ['package-lock.json'], ['o/r']);
    const forecast = forecastGraph(tasks, edges, { slots: 50, unorderedPairs });
    const nodes = buildRunGraph(tasks, edges, ['o/r']);
    const edited = applyEdits(tasks, [{ op: 'change_task', task: 't5000', tier: 'heavy' }]);
    const diagram = renderMermaid(tasks, edges);

    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(MAX_MS);
    expect(problems).toEqual([]);
    expect(forecast.waves.flat()).toHaveLength(TASK_COUNT);
    expect(nodes.length).toBeGreaterThan(TASK_COUNT);
    expect('tasks' in edited && edited.tasks).toHaveLength(TASK_COUNT);
    expect(diagram.length).toBeLessThan(45_000);
  });
});
