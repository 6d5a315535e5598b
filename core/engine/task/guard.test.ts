import { expect, test } from 'vitest';
import { createEngineFixture } from '../../../test/support/engine-fixture.ts';
import { AppError } from '../../error.ts';
import { enterLane } from '../../store/lane-store.ts';
import { loadPauses } from '../../store/pause-store.ts';
import { workLane } from '../lane/work-lane.ts';
import { guardTask } from './guard.ts';

const EXPIRED = new AppError('auth', 'forge_credential', 'bad credentials');

test('however long our credential is refused, no task is blocked for it', async () => {
  const { deps, table, putPlan, putTask, task, advance } = createEngineFixture();
  await putPlan();
  await putTask({ status: 'pr_open' });

  for (let n = 0; n < 20; n += 1) {
    await guardTask(deps, await task(), async () => {
      throw EXPIRED;
    });
    advance(60_000);
  }

  expect((await task()).state).toMatchObject({ status: 'pr_open', faults: 0 });
  expect(await loadPauses(table, deps.clock.now() - 1)).toMatchObject([
    { reason: 'bad credentials' },
  ]);
});

test('what is wrong with the repository itself is counted, and blocks the task with the reason', async () => {
  const { deps, putPlan, putTask, task } = createEngineFixture();
  await putPlan();
  await putTask({ status: 'pr_open' });

  for (let n = 0; n < 5; n += 1)
    await guardTask(deps, await task(), async () => {
      throw new AppError('notFound', 'forge_not_found', 'acme/shop: Not Found');
    });

  expect((await task()).state).toMatchObject({
    status: 'blocked',
    reason: { text: 'acme/shop: Not Found' },
  });
});

test('a lane waits for our credential too', async () => {
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: {
      pull: async () => {
        throw EXPIRED;
      },
    },
  });
  await putPlan();
  const { plan, run, repo } = await putTask({
    status: 'merging',
    pull: { number: 1, nodeId: 'n', url: 'u' },
    accepted: { commit: 'c', attempt: 1, branch: 1 },
  });
  await enterLane(deps.table, { plan, run, repo }, { task: 'one', at: 1 });

  const worked = await workLane(deps, { plan, run, repo }, async () => {});

  expect(worked).toBe('waiting');
  expect((await task()).state).toMatchObject({ status: 'merging', faults: 0 });
});
