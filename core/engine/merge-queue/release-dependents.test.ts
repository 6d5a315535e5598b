import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createTaskStateFixture,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { putDependents } from '../../store/task-detail-store.ts';
import { putNewTask } from '../../store/task-store.ts';
import { prefetchDependents, releaseDependents } from './release-dependents.ts';

const MERGED = { plan: FIXTURE_PLAN, run: 1, task: 'one' };

/** Creates the merged task `one`, its dependent `two`, and the task `three`, which also depends on a task with ordinal 9. */
async function createMergedTask() {
  const writes: string[] = [];
  const fixture = createEngineFixture({
    table: {
      beforeEffect: (operation, key) => {
        if (operation === 'update' || operation === 'put') writes.push(`${key.pk} ${key.sk}`);
      },
    },
  });
  await fixture.putTask({ task: 'one', ordinal: 1, status: 'merged' });
  await putDependents(fixture.table, MERGED, ['two', 'three']);
  const putWaitingTask = (task: string, dependencies: number[]) =>
    putNewTask(
      fixture.table,
      { ...createTaskStateFixture(), task, status: 'pending' },
      dependencies,
    );
  await putWaitingTask('two', [1]);
  await putWaitingTask('three', [1, 9]);
  writes.length = 0;
  return { ...fixture, writes };
}

test('makes a prefetched dependent without other dependencies ready by a single write', async () => {
  const fixture = await createMergedTask();
  const prefetched = await prefetchDependents(fixture.deps, await fixture.task('one'));

  await releaseDependents(fixture.deps, await fixture.task('one'), prefetched);

  expect(await fixture.task('two')).toMatchObject({
    state: { status: 'ready' },
    unmergedDependencies: [],
  });
  expect(await fixture.task('three')).toMatchObject({
    state: { status: 'pending' },
    unmergedDependencies: [9],
  });
  expect(fixture.writes.filter((write) => write.includes('#two '))).toHaveLength(1);
  expect(fixture.sent).toContainEqual(
    expect.objectContaining({ type: 'schedule', tasks: [{ ...MERGED, task: 'two' }] }),
  );
});

test('does not release a dependent again that was released after the prefetch', async () => {
  const fixture = await createMergedTask();
  const prefetched = await prefetchDependents(fixture.deps, await fixture.task('one'));
  await releaseDependents(fixture.deps, await fixture.task('one'));
  const before = await fixture.task('two');

  await releaseDependents(fixture.deps, await fixture.task('one'), prefetched);

  expect(await fixture.task('two')).toEqual(before);
  expect(await fixture.task('three')).toMatchObject({
    state: { status: 'pending' },
    unmergedDependencies: [9],
  });
});

test('releases dependents that were not prefetched', async () => {
  const fixture = await createMergedTask();

  await releaseDependents(fixture.deps, await fixture.task('one'));

  expect(await fixture.task('two')).toMatchObject({
    state: { status: 'ready' },
    unmergedDependencies: [],
  });
  expect(await fixture.task('three')).toMatchObject({
    state: { status: 'pending' },
    unmergedDependencies: [9],
  });
});
