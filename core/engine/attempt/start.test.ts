import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
  workingTask,
} from '../../../test/support/engine-fixture.ts';
import { AppError } from '../../error.ts';
import { forgeFor, loadPauses } from '../../store/pause-store.ts';
import type { LiveAttempt } from '../../task/state.ts';
import { applyPlan } from '../apply-plan.ts';
import { attemptCredentials, startAttempt } from './start.ts';

const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one', n: 1 };

/** An attempt whose bridge is up, at a forge that answers everything with this error. */
async function claimed(error: AppError) {
  const fail = async () => {
    throw error;
  };
  const fixture = createEngineFixture({ forge: { branchHead: fail, gitCredential: fail } });
  const current = workingTask(1).current as LiveAttempt;
  await fixture.putPlan();
  await fixture.putTask({
    status: 'claimed',
    attempt: 1,
    current: { ...current, phase: 'claimed', leaseUntil: fixture.deps.clock.now() + 120_000 },
  });
  return fixture;
}

const EXPIRED = new AppError('auth', 'forge_credential', 'bad credentials');

test('a credential that has expired parks the task, and spends nothing', async () => {
  const { deps, table, task } = await claimed(EXPIRED);

  await expect(startAttempt(deps, KEY)).rejects.toMatchObject({ code: 'attempt_ended' });

  const { state } = await task();
  expect(state).toMatchObject({
    status: 'ready',
    parkedUntil: deps.clock.now() + 60_000,
    spent: { agent: 0, infra: 0 },
    reason: { code: 'parked', text: 'bad credentials' },
  });
  const pauses = await loadPauses(table, deps.clock.now());
  expect(pauses.map(({ what }) => what)).toEqual([forgeFor('local', FIXTURE_REPO)]);
});

test('a bridge that needs a credential meanwhile is told to ask again', async () => {
  const { deps } = await claimed(EXPIRED);

  const asked = attemptCredentials(deps, undefined, KEY);

  await expect(asked).rejects.toMatchObject({
    kind: 'paused',
    details: { until: deps.clock.now() + 60_000 },
  });
});

test('a repository that is gone costs the attempt, and is named', async () => {
  const gone = new AppError('notFound', 'forge_not_found', 'read acme/shop: Not Found');
  const { deps, table, task } = await claimed(gone);

  await expect(startAttempt(deps, KEY)).rejects.toMatchObject({ code: 'attempt_ended' });

  expect((await task()).state).toMatchObject({
    status: 'ready',
    spent: { infra: 1 },
    reason: { code: 'attempt_lost', text: 'read acme/shop: Not Found' },
  });
  expect(await loadPauses(table, deps.clock.now())).toEqual([]);
});

test('an attempt of a run that was stopped since it was claimed gets nothing to do, and ends', async () => {
  const { deps, task } = await claimed(EXPIRED);
  const stop = { event: 'cancelled', actor: 'ada@example.com' };
  await applyPlan(deps, FIXTURE_PLAN, stop, (plan) => ({ ...plan, status: 'cancelled' }));

  await expect(startAttempt(deps, KEY)).rejects.toMatchObject({ code: 'attempt_ended' });

  expect((await task()).state).toMatchObject({ status: 'cancelled', closing: [1] });
});
