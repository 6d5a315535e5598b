import { expect, test } from 'vitest';
import { createEngineFixture } from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import { putMergeQueueEntry } from '../../store/merge-queue-store.ts';
import { loadPauses } from '../../store/system-store.ts';
import { advanceQueue } from '../merge-queue/advance-queue.ts';
import { runStepWithFailureHandling } from './apply-transition.ts';

const CREDENTIAL_EXPIRED = new AppError('auth', 'forge_credential', 'bad credentials');

test('an expired credential never blocks a task', async () => {
  const { deps, table, putPlan, putTask, task, advance } = createEngineFixture();
  await putPlan();
  await putTask({ status: 'pr_open' });

  for (let n = 0; n < 20; n += 1) {
    await runStepWithFailureHandling(deps, await task(), async () => {
      throw CREDENTIAL_EXPIRED;
    });
    advance(60_000);
  }

  expect((await task()).state).toMatchObject({ status: 'pr_open', consecutiveEngineFailures: 0 });
  expect(await loadPauses(table, deps.clock.now() - 1)).toMatchObject([
    { reason: 'bad credentials' },
  ]);
});

test('repeated errors of the repository block the task with the error as the reason', async () => {
  const { deps, putPlan, putTask, task } = createEngineFixture();
  await putPlan();
  await putTask({ status: 'pr_open' });

  for (let n = 0; n < 5; n += 1)
    await runStepWithFailureHandling(deps, await task(), async () => {
      throw new AppError('notFound', 'forge_not_found', 'acme/shop: Not Found');
    });

  expect((await task()).state).toMatchObject({
    status: 'blocked',
    reason: { text: 'acme/shop: Not Found' },
  });
});

test('the merge queue waits while a credential is expired', async () => {
  const { deps, putPlan, putTask, task } = createEngineFixture({
    forge: {
      readPull: async () => {
        throw CREDENTIAL_EXPIRED;
      },
    },
  });
  await putPlan();
  const { plan, run, repo } = await putTask({
    status: 'merging',
    pull: { number: 1, nodeId: 'n', url: 'u' },
    accepted: { commit: 'c', attempt: 1, firstAttempt: 1 },
  });
  await putMergeQueueEntry(deps.table, { plan, run, repo }, { task: 'one', at: 1 });

  const outcome = await advanceQueue(deps, { plan, run, repo });

  expect(outcome).toBe('waiting');
  expect((await task()).state).toMatchObject({ status: 'merging', consecutiveEngineFailures: 0 });
});
