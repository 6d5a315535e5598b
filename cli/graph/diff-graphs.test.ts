import { expect, test } from 'vitest';
import { taskSpecSchema } from '../../core/contract/task.ts';
import { diffGraphs } from './diff-graphs.ts';

function createTask(id: string, dependsOn: string[] = [], change: Record<string, unknown> = {}) {
  return taskSpecSchema.parse({ id, description: `do ${id}`, dependsOn, ...change });
}

test('equal graphs have no edits between them', () => {
  expect(
    diffGraphs(
      [createTask('a'), createTask('b', ['a'])],
      [createTask('a'), createTask('b', ['a'])],
    ),
  ).toEqual([]);
});

test('the changed fields of a task become a single edit', () => {
  const edits = diffGraphs(
    [createTask('a')],
    [createTask('a', [], { title: 'A', scope: ['src/'] })],
  );

  expect(edits).toEqual([{ op: 'change_task', task: 'a', title: 'A', scope: ['src/'] }]);
});

test('new tasks are added after their dependencies', () => {
  const edits = diffGraphs(
    [createTask('a')],
    [createTask('a'), createTask('c', ['b']), createTask('b', ['a'])],
  );

  expect(edits.map((edit) => (edit.op === 'add_task' ? edit.task.id : edit.op))).toEqual([
    'b',
    'c',
  ]);
});

test('a reversed edge is removed before the new edge is added', () => {
  const edits = diffGraphs(
    [createTask('a'), createTask('b', ['a'])],
    [createTask('a', ['b']), createTask('b')],
  );

  expect(edits).toEqual([
    { op: 'remove_edge', from: 'a', to: 'b' },
    { op: 'add_edge', from: 'b', to: 'a' },
  ]);
});

test('a dependent loses its edge to a removed task first, so that the dependent takes over no dependency', () => {
  const before = [createTask('a'), createTask('b', ['a']), createTask('c', ['b'])];

  expect(diffGraphs(before, [createTask('a'), createTask('c')])).toEqual([
    { op: 'remove_edge', from: 'b', to: 'c' },
    { op: 'remove_task', task: 'b' },
  ]);
});
