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

/** Creates the merged task "one"; "two" depends only on "one", and "three" also on another task. */
async function createStage() {
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
  const waiting = (task: string, waits: number[]) =>
    putNewTask(fixture.table, { ...createTaskStateFixture(), task, status: 'pending' }, waits);
  await waiting('two', [1]);
  await waiting('three', [1, 9]);
  writes.length = 0;
  return { ...fixture, writes };
}

test('a prefetched dependent without other dependencies becomes ready by one write', async () => {
  const stage = await createStage();
  const ahead = await prefetchDependents(stage.deps, await stage.task('one'));

  await releaseDependents(stage.deps, await stage.task('one'), ahead);

  expect(await stage.task('two')).toMatchObject({
    state: { status: 'ready' },
    unmergedDependencies: [],
  });
  expect(await stage.task('three')).toMatchObject({
    state: { status: 'pending' },
    unmergedDependencies: [9],
  });
  expect(stage.writes.filter((write) => write.includes('#two '))).toHaveLength(1);
  expect(stage.sent).toContainEqual(
    expect.objectContaining({ type: 'schedule', tasks: [{ ...MERGED, task: 'two' }] }),
  );
});

test('a dependent that changed after the prefetch is read again', async () => {
  const stage = await createStage();
  const ahead = await prefetchDependents(stage.deps, await stage.task('one'));
  await releaseDependents(stage.deps, await stage.task('one'));
  const before = await stage.task('two');

  await releaseDependents(stage.deps, await stage.task('one'), ahead);

  expect(await stage.task('two')).toEqual(before);
  expect(await stage.task('three')).toMatchObject({
    state: { status: 'pending' },
    unmergedDependencies: [9],
  });
});

test('releases the same dependents without a prefetch', async () => {
  const stage = await createStage();

  await releaseDependents(stage.deps, await stage.task('one'));

  expect(await stage.task('two')).toMatchObject({
    state: { status: 'ready' },
    unmergedDependencies: [],
  });
  expect(await stage.task('three')).toMatchObject({
    state: { status: 'pending' },
    unmergedDependencies: [9],
  });
});
