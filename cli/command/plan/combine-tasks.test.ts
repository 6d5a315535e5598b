import { expect, test } from 'vitest';
import { taskSpecSchema } from '../../../core/contract/task.ts';
import { combineTasks } from './combine-tasks.ts';

function createTask(id: string, change: Record<string, unknown> = {}) {
  return taskSpecSchema.parse({ id, title: id.toUpperCase(), description: `do ${id}`, ...change });
}

test('a combined task does the work of all tasks and depends only on other tasks', () => {
  const a = createTask('a', { scope: ['src/'], dependsOn: ['x'], criteria: ['green'] });
  const b = createTask('b', { scope: ['src/', 'docs/'], dependsOn: ['a', 'x'], tier: 'heavy' });

  expect(combineTasks([a, b])).toMatchObject({
    id: 'a',
    title: 'A + B',
    description: 'do a\n\ndo b',
    dependsOn: ['x'],
    scope: ['src/', 'docs/'],
    criteria: ['green'],
    tier: 'heavy',
    estimate: 20,
  });
});

test('tasks of different repositories cannot be combined', () => {
  expect(() => combineTasks([createTask('a', { repo: 'x/y' }), createTask('b')])).toThrow(
    'different repositories',
  );
});
