import { describe, expect, it } from 'vitest';
import type { Edit } from '../../contract/plan.ts';
import type { TaskSpec } from '../../contract/task.ts';
import { makeTask } from '../task-fixture.ts';
import { applyEdits } from './apply-edits.ts';

// The chain a -> b -> c, and the separate task d.
const TASKS = [
  makeTask('a', { scope: ['src/a/'] }),
  makeTask('b', { dependsOn: ['a'], scope: ['src/b/'], repo: 'o/api' }),
  makeTask('c', { dependsOn: ['b'] }),
  makeTask('d'),
];

function applyValidEdits(edits: readonly Edit[], tasks: readonly TaskSpec[] = TASKS): TaskSpec[] {
  const result = applyEdits(tasks, edits);
  if ('problems' in result)
    throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  return result.tasks;
}

function listEdges(tasks: readonly TaskSpec[]): string[] {
  return tasks.flatMap((task) => task.dependsOn.map((from) => `${from}>${task.id}`));
}

function findEditProblem(
  edits: readonly Edit[],
): { readonly code: string; readonly message: string } | undefined {
  const before = structuredClone(TASKS);
  const result = applyEdits(TASKS, edits);
  expect(TASKS).toEqual(before);
  return 'problems' in result ? result.problems[0] : undefined;
}

describe('applyEdits', () => {
  it('adds a task that depends on a task of a later edit', () => {
    const tasks = applyValidEdits([
      { op: 'add_task', task: makeTask('e', { dependsOn: ['f'] }) },
      { op: 'add_task', task: makeTask('f') },
    ]);

    expect(tasks.map((task) => task.id)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('changes only the given fields', () => {
    const tasks = applyValidEdits([
      { op: 'change_task', task: 'a', tier: 'heavy', addCriteria: ['x', 'its tests pass'] },
    ]);

    expect(tasks[0]).toEqual({ ...TASKS[0], tier: 'heavy', criteria: ['its tests pass', 'x'] });
    expect(tasks[1]).toBe(TASKS[1]);
  });

  it('passes the dependencies of a removed task to its dependents and reports the new edges', () => {
    const result = applyEdits(TASKS, [{ op: 'remove_task', task: 'b' }]);

    expect(result).toMatchObject({ relinked: [{ from: 'a', to: 'c', reason: 'relinked' }] });
    expect('tasks' in result && listEdges(result.tasks)).toEqual(['a>c']);
  });

  it('adds and removes edges', () => {
    expect(
      listEdges(
        applyValidEdits([
          { op: 'add_edge', from: 'c', to: 'd' },
          { op: 'add_edge', from: 'a', to: 'b' },
          { op: 'remove_edge', from: 'a', to: 'b' },
        ]),
      ),
    ).toEqual(['b>c', 'c>d']);
  });

  it('gives the parts of a split task the dependencies, dependents and repository of the task', () => {
    const tasks = applyValidEdits([
      {
        op: 'split_task',
        task: 'b',
        into: [
          makeTask('b'),
          makeTask('b2', { dependsOn: ['b'] }),
          makeTask('b3', { dependsOn: ['d'] }),
        ],
      },
    ]);

    expect(tasks.map((task) => task.id)).toEqual(['a', 'b', 'b2', 'b3', 'c', 'd']);
    expect(listEdges(tasks)).toEqual(['a>b', 'a>b2', 'b>b2', 'd>b3', 'b>c', 'b2>c', 'b3>c']);
    expect(tasks.filter((task) => task.repo === 'o/api').map((task) => task.id)).toEqual([
      'b',
      'b2',
      'b3',
    ]);
  });

  it('merges tasks with their edges, scopes and criteria', () => {
    const tasks = applyValidEdits([
      { op: 'merge_tasks', tasks: ['d', 'a'], into: makeTask('ad', { criteria: [] }) },
      {
        op: 'merge_tasks',
        tasks: ['c', 'b'],
        into: makeTask('bc', { scope: ['lib/'], repo: 'o/web' }),
      },
    ]);

    expect(tasks.map((task) => task.id)).toEqual(['ad', 'bc']);
    expect(tasks[0]).toMatchObject({ scope: ['src/a/'], criteria: ['its tests pass'] });
    expect(tasks[1]).toMatchObject({ scope: ['lib/'], dependsOn: ['ad'], repo: 'o/web' });
  });

  it.each<[string, Edit[], string]>([
    ['unknown_task', [{ op: 'remove_task', task: 'x' }], 'no task x; its tasks are a, b, c, d'],
    ['unknown_task', [{ op: 'change_task', task: 'x' }], 'no task x'],
    ['unknown_task', [{ op: 'add_edge', from: 'x', to: 'a' }], 'no task x'],
    ['unknown_task', [{ op: 'remove_edge', from: 'a', to: 'x' }], 'no task x'],
    ['unknown_task', [{ op: 'split_task', task: 'x', into: [makeTask('e'), makeTask('f')] }], 'x'],
    ['unknown_task', [{ op: 'merge_tasks', tasks: ['a', 'x'], into: makeTask('e') }], 'x'],
    ['duplicate_id', [{ op: 'add_task', task: makeTask('a') }], 'already has a task a'],
    ['duplicate_id', [{ op: 'split_task', task: 'b', into: [makeTask('a'), makeTask('f')] }], 'a'],
    ['duplicate_id', [{ op: 'split_task', task: 'b', into: [makeTask('f'), makeTask('f')] }], 'b'],
    ['duplicate_id', [{ op: 'merge_tasks', tasks: ['a', 'd'], into: makeTask('c') }], 'c'],
    ['edge_missing', [{ op: 'remove_edge', from: 'a', to: 'c' }], 'its dependencies are b'],
    ['self_dependency', [{ op: 'add_edge', from: 'a', to: 'a' }], 'itself'],
    ['cycle', [{ op: 'add_edge', from: 'c', to: 'a' }], 'a -> b -> c -> a'],
    [
      'cycle',
      [{ op: 'merge_tasks', tasks: ['a', 'c'], into: makeTask('ac', { repo: 'o/web' }) }],
      'ac -> b -> ac',
    ],
    [
      'repositories_differ',
      [{ op: 'merge_tasks', tasks: ['a', 'b'], into: makeTask('ab') }],
      'o/api',
    ],
    ['nothing_to_merge', [{ op: 'merge_tasks', tasks: ['a', 'a'], into: makeTask('e') }], 'two'],
    ['reserved_id', [{ op: 'add_task', task: makeTask('end') }], 'end'],
    ['unknown_dependency', [{ op: 'add_task', task: makeTask('e', { dependsOn: ['x'] }) }], 'x'],
    ['scope_outside', [{ op: 'change_task', task: 'a', scope: ['~/x'] }], '~/x'],
    ['bad_task', [{ op: 'change_task', task: 'a', scope: ['/etc'] }], 'scope.0'],
    ['empty_graph', ['a', 'b', 'c', 'd'].map((task) => ({ op: 'remove_task', task })), 'no tasks'],
  ])('returns the problem %s for the edits %j', (code, edits, messagePart) => {
    const problem = findEditProblem(edits);

    expect(problem?.code).toBe(code);
    expect(problem?.message).toContain(messagePart);
  });

  it('changes no task and names the impossible edit if the last edit is impossible', () => {
    const problem = findEditProblem([
      { op: 'add_edge', from: 'a', to: 'd' },
      { op: 'remove_task', task: 'x' },
    ]);

    expect(problem?.message).toMatch(/^edit 2 \(remove_task\): /);
  });

  it('rejects a merge of tasks whose scopes together exceed the limit of a task', () => {
    const scope = (from: number) =>
      Array.from({ length: 150 }, (_, index) => `f${from + index}.ts`);
    const tasks = [makeTask('a', { scope: scope(0) }), makeTask('b', { scope: scope(150) })];

    const result = applyEdits(tasks, [
      { op: 'merge_tasks', tasks: ['a', 'b'], into: makeTask('c') },
    ]);

    expect(result).toMatchObject({ problems: [{ code: 'bad_task', task: 'c' }] });
  });
});
