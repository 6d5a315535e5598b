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
import { buildRunGraph, MAX_DEPENDENCIES } from './order/build-run-graph.ts';
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

/** Generates acyclic graphs; the list of tasks is shuffled. */
function createGraphArbitrary(maxTasks: number): fc.Arbitrary<TaskSpec[]> {
  const fields = fc.record({
    dependencySeeds: fc.array(fc.nat(), { maxLength: 4 }),
    scope: fc.array(scopeEntryArbitrary, { maxLength: 3 }),
    repo: fc.constantFrom('', '', 'o/web', 'o/api'),
    estimate: fc.integer({ min: 1, max: 30 }),
  });
  return fc
    .array(fields, { minLength: 1, maxLength: maxTasks })
    .map((list) =>
      list.map(({ dependencySeeds, ...rest }, index) =>
        makeTask(`t${index}`, {
          ...rest,
          dependsOn: index === 0 ? [] : dependencySeeds.map((seed) => `t${seed % index}`),
        }),
      ),
    )
    .chain((tasks) => fc.shuffledSubarray(tasks, { minLength: tasks.length }));
}

/** Computes all direct and indirect predecessors of each node by brute force. */
function computePredecessors(
  nodes: readonly { readonly id: string; readonly dependsOn: readonly string[] }[],
  edges: readonly EdgeEnds[] = [],
) {
  const predecessors = new Map(nodes.map((node) => [node.id, new Set(node.dependsOn)]));
  for (const { from, to } of edges) predecessors.get(to)?.add(from);
  for (const [middle, predecessorsOfMiddle] of predecessors) {
    for (const set of predecessors.values()) {
      if (set.has(middle)) for (const id of predecessorsOfMiddle) set.add(id);
    }
  }
  return predecessors;
}

function getRepository(task: TaskSpec): string {
  return task.repo || 'o/web';
}

describe('computeWaves and computeRanks', () => {
  it('give a dependent a higher wave and a lower rank than its dependency', () => {
    void fc.assert(
      fc.property(createGraphArbitrary(25), (tasks) => {
        const waves = computeWaves(tasks);
        const ranks = computeRanks(tasks);
        for (const task of tasks) {
          for (const from of task.dependsOn) {
            expect(waves.get(from)).toBeLessThan(waves.get(task.id) ?? 0);
            expect(ranks.get(from)).toBeGreaterThan(ranks.get(task.id) ?? 0);
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
        const declaredPredecessors = computePredecessors(tasks);
        const { edges, unorderedPairs } = orderOverlaps(tasks, [], SHARED, REPOSITORIES);
        const predecessors = computePredecessors(tasks, edges);
        const areOrdered = (a: string, b: string) =>
          predecessors.get(a)?.has(b) || predecessors.get(b)?.has(a);

        for (const task of tasks) expect(predecessors.get(task.id)?.has(task.id)).toBe(false);
        for (const { from, to, note } of edges) {
          expect(declaredPredecessors.get(to)?.has(from)).toBe(false);
          expect(note).not.toBe('');
        }
        const listed = new Set(unorderedPairs.map(({ a, b }) => [a, b].sort().join()));
        for (const [index, a] of tasks.entries()) {
          for (const b of tasks.slice(index + 1)) {
            const isSameRepository = getRepository(a) === getRepository(b);
            const overlapsOutsideShared =
              isSameRepository &&
              findScopeOverlaps(a.scope, b.scope, { except: SHARED }).length > 0;
            const overlapsAnywhere =
              isSameRepository && findScopeOverlaps(a.scope, b.scope).length > 0;
            if (overlapsOutsideShared) expect(areOrdered(a.id, b.id)).toBe(true);
            const isListed = listed.has([a.id, b.id].sort().join());
            expect(isListed).toBe(overlapsAnywhere && !areOrdered(a.id, b.id));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('forecastGraph', () => {
  it('returns a makespan between the lower and the upper bound of any schedule', () => {
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

describe('buildRunGraph', { timeout: 60_000 }, () => {
  it('preserves all predecessors, orders nodes topologically and bounds the dependencies of a node', () => {
    const fanParameters = fc.record({
      count: fc.integer({ min: 60, max: 200 }),
      tail: createGraphArbitrary(8),
    });
    const fanArbitrary = fanParameters.map(({ count, tail }) => {
      const fan = Array.from({ length: count }, (_, index) => makeTask(`w${index}`));
      const dependsOn = fan.map((task) => task.id);
      return [
        ...fan,
        ...tail.map((task) => ({ ...task, dependsOn: [...task.dependsOn, ...dependsOn] })),
      ];
    });
    void fc.assert(
      fc.property(fc.oneof(createGraphArbitrary(25), fanArbitrary), (tasks) => {
        const nodes = buildRunGraph(tasks, [], REPOSITORIES);
        const nodeIds = nodes.map((node) => node.id);
        const predecessorsInRun = computePredecessors(
          nodes.map(({ id, dependsOn }) => ({
            id,
            dependsOn: dependsOn.map((ordinal) => nodeIds[ordinal] ?? ''),
          })),
        );
        const taskIds = new Set(tasks.map((task) => task.id));

        expect(new Set(nodeIds).size).toBe(nodeIds.length);
        for (const [id, expected] of computePredecessors(tasks)) {
          const inRun = [...(predecessorsInRun.get(id) ?? [])];
          expect(new Set(inRun.filter((other) => taskIds.has(other)))).toEqual(expected);
        }
        for (const [ordinal, node] of nodes.entries()) {
          expect(node.ordinal).toBe(ordinal);
          expect(node.dependsOn.length).toBeLessThanOrEqual(MAX_DEPENDENCIES);
          expect(new Set(node.dependsOn).size).toBe(node.dependsOn.length);
          for (const dependency of node.dependsOn) {
            expect(dependency).toBeLessThan(ordinal);
            expect(nodes[dependency]?.dependents).toContain(ordinal);
            expect(nodes[dependency]?.rank).toBeGreaterThanOrEqual(node.rank);
            if (node.kind !== 'join') expect(nodes[dependency]?.wave).toBeLessThan(node.wave);
          }
        }
        for (const end of nodes.filter((node) => node.kind === 'end')) {
          const tasksOfRepository = tasks
            .filter((task) => getRepository(task) === end.repo)
            .map((task) => task.id);
          for (const id of tasksOfRepository) {
            expect(predecessorsInRun.get(end.id)).toContain(id);
          }
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

  it('preserves the direct and indirect dependencies between all other tasks when a task is removed', () => {
    void fc.assert(
      fc.property(createGraphArbitrary(10), fc.nat(), (tasks, number) => {
        fc.pre(tasks.length > 1);
        const id = `t${number % tasks.length}`;
        const result = applyEdits(tasks, [{ op: 'remove_task', task: id }]);
        const predecessorsAfter = computePredecessors('tasks' in result ? result.tasks : []);

        for (const [other, predecessors] of computePredecessors(tasks)) {
          if (other === id) continue;
          predecessors.delete(id);
          expect(predecessorsAfter.get(other)).toEqual(predecessors);
        }
      }),
    );
  });
});
