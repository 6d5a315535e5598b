import { describe, expect, it } from 'vitest';
import type { TaskSpec } from '../contract/task.ts';
import { validateGraph } from './check/validate-graph.ts';
import { applyEdits } from './edit/apply-edits.ts';
import { forecastGraph } from './forecast/forecast-graph.ts';
import { normaliseGraph } from './order/normalise-graph.ts';
import { orderOverlaps } from './overlap/order-overlaps.ts';
import { renderMermaid } from './render-mermaid.ts';
import { makeTask } from './task-fixture.ts';

// Each of these takes a second or two; what grows with the square of the tasks takes minutes. Processor time is measured, so
// that a busy machine makes no difference.
const TASK_COUNT = 10_000;
const MAX_MS = 10_000;
const BASE_TASK = makeTask('base');

function makeTasks(fields: (at: number) => Partial<TaskSpec>): TaskSpec[] {
  return Array.from({ length: TASK_COUNT }, (_, at) => ({
    ...BASE_TASK,
    id: `t${at}`,
    ...fields(at),
  }));
}

/** Repeatable, evenly spread. */
function pickNumber(at: number, salt: number, below: number): number {
  return (
    Math.floor(((Math.sin(at * 12.9898 + salt * 78.233) * 43_758.5453) % 1) * below + below) % below
  );
}

const ALL_IDS = Array.from({ length: TASK_COUNT }, (_, at) => `t${at}`);
const GRAPHS: [string, TaskSpec[]][] = [
  [
    'a chain',
    makeTasks((at) => ({ dependsOn: at === 0 ? [] : [`t${at - 1}`], scope: [`m${at}/`] })),
  ],
  [
    'a fan',
    makeTasks((at) => {
      if (at === 0) return {};
      return at === TASK_COUNT - 1
        ? { dependsOn: ALL_IDS.slice(1, -1) }
        : { dependsOn: ['t0'], scope: [`m${at}/`] };
    }),
  ],
  [
    'a random graph with scopes',
    makeTasks((at) => ({
      dependsOn:
        at === 0 ? [] : [...new Set([`t${pickNumber(at, 1, at)}`, `t${pickNumber(at, 2, at)}`])],
      scope: [3, 4, 5].map(
        (salt) => `src/a${pickNumber(at, salt, 100)}/b${pickNumber(at, salt + 3, 100)}/x.ts`,
      ),
      estimate: 1 + pickNumber(at, 9, 30),
    })),
  ],
  ['tasks of one file', makeTasks(() => ({ scope: ['src/app.ts'] }))],
  [
    'files and their directory in turn',
    makeTasks((at) => ({ scope: [at % 2 ? `src/f${at}.ts` : 'src/'] })),
  ],
  [
    'files and a glob in turn',
    makeTasks((at) => ({ scope: [at % 2 ? `src/f${at}.ts` : '**/*.ts'] })),
  ],
  ['globs that nobody shares', makeTasks((at) => ({ scope: [`**/x-${at}-*.ts`] }))],
];

describe.each(GRAPHS)('10,000 tasks: %s', (_, tasks) => {
  it('takes seconds at most', { timeout: 120_000 }, () => {
    const before = process.threadCpuUsage();

    const context = { repositories: ['o/r'], source: 'person' as const, maxTasks: TASK_COUNT };
    const problems = validateGraph(tasks, context);
    const { edges, remaining } = orderOverlaps(tasks, [], ['package-lock.json'], ['o/r']);
    const forecast = forecastGraph(tasks, edges, { slots: 50, remaining });
    const nodes = normaliseGraph(tasks, edges, ['o/r']);
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
