import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createWorkingTask,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import { AppError } from '../../base/app-error.ts';
import { formatForgeSystem, loadPauses } from '../../store/system-store.ts';
import { loadAttempt } from '../../store/task-detail-store.ts';
import type { LiveAttempt } from '../../task-state/task-state.ts';
import { applyPlan } from '../apply/apply-transition.ts';
import { recordHeartbeat } from './attempt-callbacks.ts';
import { issueAttemptCredentials, startAttempt } from './start-attempt.ts';

const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one', attemptNumber: 1 };

/** Creates a claimed attempt, and a forge whose calls run `answer`. */
async function createClaimedFixture(answer: () => Promise<string>) {
  const fail = async () => {
    await answer();
    throw new Error('the test expects no credential');
  };
  const fixture = createEngineFixture({
    forge: { readBranchHead: answer, createGitCredential: fail },
  });
  const liveAttempt = createWorkingTask(1).liveAttempt as LiveAttempt;
  await fixture.putPlan();
  await fixture.putTask({
    status: 'claimed',
    attempt: 1,
    liveAttempt: {
      ...liveAttempt,
      phase: 'claimed',
      leaseUntil: fixture.deps.clock.now() + 120_000,
    },
  });
  return fixture;
}

const CREDENTIAL_EXPIRED = new AppError('auth', 'forge_credential', 'bad credentials');

test('an expired credential parks the task and counts no retry', async () => {
  const { deps, table, task } = await createClaimedFixture(() =>
    Promise.reject(CREDENTIAL_EXPIRED),
  );

  await expect(startAttempt(deps, KEY)).rejects.toMatchObject({ code: 'attempt_ended' });

  const { state } = await task();
  expect(state).toMatchObject({
    status: 'ready',
    parkedUntil: deps.clock.now() + 60_000,
    retryCounts: { agent: 0, infra: 0 },
    reason: { code: 'parked', text: 'bad credentials' },
  });
  const pauses = await loadPauses(table, deps.clock.now());
  expect(pauses.map(({ system }) => system)).toEqual([formatForgeSystem('local', FIXTURE_REPO)]);
});

test('a request for credentials during a pause of the forge tells the bridge when to retry', async () => {
  const { deps } = await createClaimedFixture(() => Promise.reject(CREDENTIAL_EXPIRED));

  const credentials = issueAttemptCredentials(deps, undefined, KEY);

  await expect(credentials).rejects.toMatchObject({
    kind: 'paused',
    details: { until: deps.clock.now() + 60_000 },
  });
});

test('a deleted repository blocks the task at once with the error of the forge as the reason', async () => {
  const notFound = new AppError('notFound', 'forge_not_found', 'read acme/shop: Not Found');
  const { deps, table, task } = await createClaimedFixture(() => Promise.reject(notFound));

  await expect(startAttempt(deps, KEY)).rejects.toMatchObject({ code: 'attempt_ended' });

  expect((await task()).state).toMatchObject({
    status: 'blocked',
    retryCounts: { infra: 0 },
    reason: { code: 'repository', text: 'read acme/shop: Not Found' },
  });
  expect(await loadPauses(table, deps.clock.now())).toEqual([]);
});

test('an attempt of a stopped run gets no assignment and ends', async () => {
  const { deps, task } = await createClaimedFixture(() => Promise.reject(CREDENTIAL_EXPIRED));
  const stop = { type: 'cancelled', reason: 'no longer wanted' } as const;
  await applyPlan(deps, FIXTURE_PLAN, stop, { actor: 'ada@example.com' });

  await expect(startAttempt(deps, KEY)).rejects.toMatchObject({ code: 'attempt_ended' });

  expect((await task()).state).toMatchObject({
    status: 'cancelled',
    attemptsAwaitingPodRemoval: [1],
  });
});

test('a late repetition of the first call keeps the usage and the messages of later heartbeats', async () => {
  const gate = Promise.withResolvers<void>();
  let callCount = 0;
  const { deps, table } = await createClaimedFixture(async () => {
    callCount += 1;
    if (callCount === 1) await gate.promise;
    return 'a'.repeat(40);
  });
  const lateCall = startAttempt(deps, KEY);
  await startAttempt(deps, KEY);
  const usage = { inputTokens: 700, outputTokens: 50, usd: 0.1, turns: 4 };
  await recordHeartbeat(deps, KEY, {
    phase: 'agent',
    activity: 'edits',
    usage,
    progressAt: deps.clock.now(),
    messagesSeen: 3,
    answered: undefined,
  });

  gate.resolve();
  await lateCall;

  expect(callCount).toBe(2);
  expect(await loadAttempt(table, KEY)).toMatchObject({ usage, messagesSeen: 3 });
});
