import { expect, test } from 'vitest';
import { taskSpecSchema } from '../../core/contract/task.ts';
import { diffGraphs } from './diff-graphs.ts';

function createTask(id: string, dependsOn: string[] = [], more: Record<string, unknown> = {}) {
  return taskSpecSchema.parse({ id, description: `do ${id}`, dependsOn, ...more });
}

test('the same graph needs no edit', () => {
  expect(
    diffGraphs(
      [createTask('a'), createTask('b', ['a'])],
      [createTask('a'), createTask('b', ['a'])],
    ),
  ).toEqual([]);
});

test('changed fields are one edit of the task', () => {
  const edits = diffGraphs(
    [createTask('a')],
    [createTask('a', [], { title: 'A', scope: ['src/'] })],
  );

  expect(edits).toEqual([{ op: 'change_task', task: 'a', title: 'A', scope: ['src/'] }]);
});

test('new tasks come after those that they wait for', () => {
  const edits = diffGraphs(
    [createTask('a')],
    [createTask('a'), createTask('c', ['b']), createTask('b', ['a'])],
  );

  expect(edits.map((edit) => (edit.op === 'add_task' ? edit.task.id : edit.op))).toEqual([
    'b',
    'c',
  ]);
});

test('an edge turned round is removed before it is added', () => {
  const edits = diffGraphs(
    [createTask('a'), createTask('b', ['a'])],
    [createTask('a', ['b']), createTask('b')],
  );

  expect(edits).toEqual([
    { op: 'remove_edge', from: 'a', to: 'b' },
    { op: 'add_edge', from: 'b', to: 'a' },
  ]);
});

test('a removed task leaves its edges first, so that nothing is linked anew', () => {
  const before = [createTask('a'), createTask('b', ['a']), createTask('c', ['b'])];

  expect(diffGraphs(before, [createTask('a'), createTask('c')])).toEqual([
    { op: 'remove_edge', from: 'b', to: 'c' },
    { op: 'remove_task', task: 'b' },
  ]);
});
