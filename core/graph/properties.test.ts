import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Edit } from '../contract/plan.ts';
import { editSchema } from '../contract/plan.ts';
import type { TaskSpec } from '../contract/task.ts';
import { hasErrors } from './check/graph-problem.ts';
import { validateGraph } from './check/validate-graph.ts';
import { applyEdits } from './edit/apply-edits.ts';
import { forecastGraph } from './forecast/forecast-graph.ts';
import type { EdgeEnds } from './order/adjacency.ts';
import { MAX_DEPENDENCIES, normaliseGraph } from './order/normalise-graph.ts';
import { computeRanks, computeWaves } from './order/waves.ts';
import { orderOverlaps } from './overlap/order-overlaps.ts';
import { findScopeOverlaps } from './scope/scope.ts';
import { makeTask } from './task-fixture.ts';

const REPOSITORIES = ['o/web', 'o/api'];
const SHARED = ['x.lock', 'docs/*.md'];
const scopeEntryArbitrary = fc
  .tuple(
    fc.constantFrom('', 'src/', 'src/a/', '**/', 'docs/', '*/'),
    fc.constantFrom(
      'a.ts',
      'b.ts',
      'a',
      '*.ts',
      'a*',
      'x.lock',
      '*',
      'b/',
      '{a,b}.ts',
      'c.md',
      '[ab].ts',
    ),
  )
  .map(([directory, name]) => directory + name);

/** Generates shuffled tasks without cycles. */
function createGraphArbitrary(maxTasks: number): fc.Arbitrary<TaskSpec[]> {
  const fields = fc.record({
    before: fc.array(fc.nat(), { maxLength: 4 }),
    scope: fc.array(scopeEntryArbitrary, { maxLength: 3 }),
    repo: fc.constantFrom('', '', 'o/web', 'o/api'),
    estimate: fc.integer({ min: 1, max: 30 }),
  });
  return fc
    .array(fields, { minLength: 1, maxLength: maxTasks })
    .map((list) =>
      list.map(({ before, ...rest }, index) =>
        makeTask(`t${index}`, {
          ...rest,
          dependsOn: index === 0 ? [] : before.map((number) => `t${number % index}`),
        }),
      ),
    )
    .chain((tasks) => fc.shuffledSubarray(tasks, { minLength: tasks.length }));
}

/** Computes all predecessors per id by brute force. */
function computePredecessors(
  nodes: readonly { readonly id: string; readonly dependsOn: readonly string[] }[],
  edges: readonly EdgeEnds[] = [],
) {
  const before = new Map(nodes.map((node) => [node.id, new Set(node.dependsOn)]));
  for (const { from, to } of edges) before.get(to)?.add(from);
  for (const middle of before.keys()) {
    for (const set of before.values()) {
      if (set.has(middle)) for (const id of before.get(middle) ?? []) set.add(id);
    }
  }
  return before;
}

function getRepository(task: TaskSpec): string {
  return task.repo || 'o/web';
}

describe('computeWaves and computeRanks', () => {
  it('waves rise and ranks fall along every edge', () => {
    void fc.assert(
      fc.property(createGraphArbitrary(25), (tasks) => {
        const waves = computeWaves(tasks);
        const rank = computeRanks(tasks);
        for (const task of tasks) {
          for (const from of task.dependsOn) {
            expect(waves.get(from)).toBeLessThan(waves.get(task.id) ?? 0);
            expect(rank.get(from)).toBeGreaterThan(rank.get(task.id) ?? 0);
          }
        }
      }),
    );
  });
});

describe('orderOverlaps', { timeout: 60_000 }, () => {
  it('orders every pair that overlaps outside shared paths, without a cycle or a redundant edge', () => {
    void fc.assert(
      fc.property(createGraphArbitrary(14), (tasks) => {
        const declared = computePredecessors(tasks);
        const { edges, remaining } = orderOverlaps(tasks, [], SHARED, REPOSITORIES);
        const before = computePredecessors(tasks, edges);
        const ordered = (a: string, b: string) => before.get(a)?.has(b) || before.get(b)?.has(a);

        for (const task of tasks) expect(before.get(task.id)?.has(task.id)).toBe(false);
        for (const { from, to, note } of edges) {
          expect(declared.get(to)?.has(from)).toBe(false);
          expect(note).not.toBe('');
        }
        const listed = new Set(remaining.map(({ a, b }) => [a, b].sort().join()));
        for (const [index, a] of tasks.entries()) {
          for (const b of tasks.slice(index + 1)) {
            const apart = getRepository(a) !== getRepository(b);
            const meets =
              !apart && findScopeOverlaps(a.scope, b.scope, { except: SHARED }).length > 0;
            const touches = !apart && findScopeOverlaps(a.scope, b.scope).length > 0;
            if (meets) expect(ordered(a.id, b.id)).toBe(true);
            const isListed = listed.has([a.id, b.id].sort().join());
            expect(isListed).toBe(touches && !ordered(a.id, b.id));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('forecastGraph', () => {
  it('stays between the lower and the upper bound of any schedule', () => {
    void fc.assert(
      fc.property(createGraphArbitrary(25), fc.integer({ min: 1, max: 6 }), (tasks, slots) => {
        const { makespanMinutes, criticalPathMinutes } = forecastGraph(tasks, [], { slots });
        const total = tasks.reduce((sum, task) => sum + task.estimate, 0);

        expect(makespanMinutes).toBeGreaterThanOrEqual(
          Math.max(criticalPathMinutes, total / slots),
        );
        expect(makespanMinutes).toBeLessThanOrEqual(total);
      }),
    );
  });
});

describe('normaliseGraph', { timeout: 60_000 }, () => {
  it('keeps all predecessors, in topological order, with bounded dependencies', () => {
    const wide = fc.record({
      count: fc.integer({ min: 60, max: 200 }),
      tail: createGraphArbitrary(8),
    });
    const fans = wide.map(({ count, tail }) => {
      const fan = Array.from({ length: count }, (_, index) => makeTask(`w${index}`));
      const dependsOn = fan.map((task) => task.id);
      return [
        ...fan,
        ...tail.map((task) => ({ ...task, dependsOn: [...task.dependsOn, ...dependsOn] })),
      ];
    });
    void fc.assert(
      fc.property(fc.oneof(createGraphArbitrary(25), fans), (tasks) => {
        const nodes = normaliseGraph(tasks, [], REPOSITORIES);
        const names = nodes.map((node) => node.id);
        const run = computePredecessors(
          nodes.map(({ id, dependsOn }) => ({
            id,
            dependsOn: dependsOn.map((index) => names[index] ?? ''),
          })),
        );
        const work = new Set(tasks.map((task) => task.id));

        expect(new Set(names).size).toBe(names.length);
        for (const [id, before] of computePredecessors(tasks)) {
          expect(new Set([...(run.get(id) ?? [])].filter((other) => work.has(other)))).toEqual(
            before,
          );
        }
        for (const [ordinal, node] of nodes.entries()) {
          expect(node.ordinal).toBe(ordinal);
          expect(node.dependsOn.length).toBeLessThanOrEqual(MAX_DEPENDENCIES);
          expect(new Set(node.dependsOn).size).toBe(node.dependsOn.length);
          for (const other of node.dependsOn) {
            expect(other).toBeLessThan(ordinal);
            expect(nodes[other]?.dependents).toContain(ordinal);
            expect(nodes[other]?.rank).toBeGreaterThanOrEqual(node.rank);
            if (node.kind !== 'join') expect(nodes[other]?.wave).toBeLessThan(node.wave);
          }
        }
        for (const end of nodes.filter((node) => node.kind === 'end')) {
          const own = tasks
            .filter((task) => getRepository(task) === end.repo)
            .map((task) => task.id);
          for (const id of own) expect(run.get(end.id)).toContain(id);
        }
      }),
      { numRuns: 60 },
    );
  });
});

const idArbitrary = fc.nat({ max: 9 }).map((number) => `t${number}`);
const taskArbitrary = fc
  .record({
    id: fc.oneof(idArbitrary, fc.constantFrom('n1', 'n2', 'n3', 'end')),
    dependsOn: fc.array(idArbitrary, { maxLength: 2 }),
  })
  .map(({ id, dependsOn }) => makeTask(id, { dependsOn, repo: 'o/web' }));
const editArbitrary: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ op: fc.constant('add_task' as const), task: taskArbitrary }),
  fc.record({
    op: fc.constant('change_task' as const),
    task: idArbitrary,
    scope: fc.array(scopeEntryArbitrary),
  }),
  fc.record({ op: fc.constant('remove_task' as const), task: idArbitrary }),
  fc.record({ op: fc.constant('add_edge' as const), from: idArbitrary, to: idArbitrary }),
  fc.record({ op: fc.constant('remove_edge' as const), from: idArbitrary, to: idArbitrary }),
  fc.record({
    op: fc.constant('split_task' as const),
    task: idArbitrary,
    into: fc.array(taskArbitrary, { minLength: 2, maxLength: 3 }),
  }),
  fc.record({
    op: fc.constant('merge_tasks' as const),
    tasks: fc.array(idArbitrary, { minLength: 2, maxLength: 3 }),
    into: taskArbitrary,
  }),
);

describe('applyEdits', { timeout: 60_000 }, () => {
  it('returns a valid graph or a problem, and never changes its input', () => {
    let applied = 0;
    void fc.assert(
      fc.property(
        createGraphArbitrary(10),
        fc.array(editArbitrary, { minLength: 1, maxLength: 4 }),
        (tasks, edits) => {
          const copy = structuredClone(tasks);
          const result = applyEdits(
            tasks,
            edits.map((edit) => editSchema.parse(edit)),
          );

          expect(tasks).toEqual(copy);
          if ('problems' in result) {
            expect(hasErrors(result.problems)).toBe(true);
            return;
          }
          applied++;
          const context = {
            repositories: REPOSITORIES,
            source: 'person' as const,
            maxTasks: 10_000,
          };
          expect(hasErrors(validateGraph(result.tasks, context))).toBe(false);
        },
      ),
      { numRuns: 600 },
    );
    expect(applied).toBeGreaterThan(30);
  });

  it('keeps the order of the other tasks when a task is removed', () => {
    void fc.assert(
      fc.property(createGraphArbitrary(10), fc.nat(), (tasks, number) => {
        fc.pre(tasks.length > 1);
        const id = `t${number % tasks.length}`;
        const result = applyEdits(tasks, [{ op: 'remove_task', task: id }]);
        const after = computePredecessors('tasks' in result ? result.tasks : []);

        for (const [other, before] of computePredecessors(tasks)) {
          if (other === id) continue;
          before.delete(id);
          expect(after.get(other)).toEqual(before);
        }
      }),
    );
  });
});
