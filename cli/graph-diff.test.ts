import { expect, test } from 'vitest';
import { taskSpecSchema } from '../core/contract/task.ts';
import { graphDiff } from './graph-diff.ts';

function task(id: string, dependsOn: string[] = [], more: Record<string, unknown> = {}) {
  return taskSpecSchema.parse({ id, description: `do ${id}`, dependsOn, ...more });
}

test('the same graph needs no edit', () => {
  expect(graphDiff([task('a'), task('b', ['a'])], [task('a'), task('b', ['a'])])).toEqual([]);
});

test('changed fields are one edit of the task', () => {
  const edits = graphDiff([task('a')], [task('a', [], { title: 'A', scope: ['src/'] })]);

  expect(edits).toEqual([{ op: 'change_task', task: 'a', title: 'A', scope: ['src/'] }]);
});

test('new tasks come after those that they wait for', () => {
  const edits = graphDiff([task('a')], [task('a'), task('c', ['b']), task('b', ['a'])]);

  expect(edits.map((edit) => (edit.op === 'add_task' ? edit.task.id : edit.op))).toEqual([
    'b',
    'c',
  ]);
});

test('an edge turned round is removed before it is added', () => {
  const edits = graphDiff([task('a'), task('b', ['a'])], [task('a', ['b']), task('b')]);

  expect(edits).toEqual([
    { op: 'remove_edge', from: 'a', to: 'b' },
    { op: 'add_edge', from: 'b', to: 'a' },
  ]);
});

test('a removed task leaves its edges first, so that nothing is linked anew', () => {
  const before = [task('a'), task('b', ['a']), task('c', ['b'])];

  expect(graphDiff(before, [task('a'), task('c')])).toEqual([
    { op: 'remove_edge', from: 'b', to: 'c' },
    { op: 'remove_task', task: 'b' },
  ]);
});
