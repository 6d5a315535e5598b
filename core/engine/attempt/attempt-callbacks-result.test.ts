import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createWorkingTask,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import type { AttemptResult } from '../../contract/attempt.ts';
import { buildModelProbeRequest } from '../../contract/queue-message.ts';
import { formatForgeSystem, loadPauses } from '../../store/system-store.ts';
import { openAttempt, putResult } from '../../store/task-detail-store.ts';
import { NO_USAGE } from '../../task-state/task-state.ts';
import { applyTask } from '../apply/apply-transition.ts';
import { cancelTask } from '../command/task-commands.ts';
import { loseAttempt } from '../launch/attempt-pod.ts';
import { acceptResult } from './attempt-callbacks.ts';

const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one', attemptNumber: 1 };

async function createWorkingFixture() {
  const fixture = createEngineFixture();
  await fixture.putPlan();
  await fixture.putTask(createWorkingTask(1));
  return fixture;
}

function createFailedResult(
  change: Partial<Extract<AttemptResult, { readonly outcome: 'failed' }>>,
): AttemptResult {
  return {
    outcome: 'failed',
    cause: 'provider',
    reason: 'busy',
    files: [],
    leftOut: [],
    usage: NO_USAGE,
    ...change,
  };
}

test('a pause that an outside system requests is limited to 15 minutes', async () => {
  const { deps, task } = await createWorkingFixture();
  const now = deps.clock.now();

  await acceptResult(deps, KEY, createFailedResult({ until: now + 999_999_000 }));

  expect((await task()).state.parkedUntil).toBe(now + 900_000);
});

test('a refusal of the forge pauses all repositories of the same owner', async () => {
  const { deps, table } = await createWorkingFixture();

  await acceptResult(deps, KEY, createFailedResult({ cause: 'forge', reason: 'error: 429' }));

  const pauses = await loadPauses(table, deps.clock.now());
  expect(pauses.map(({ system }) => system)).toEqual([formatForgeSystem('local', FIXTURE_REPO)]);
});

test.each([
  { refused: 0, pauses: 1 },
  { refused: 3, pauses: 0 },
])(
  'a refusal of the forge after $refused consecutive refusals of the same task pauses $pauses systems',
  async ({ refused, pauses }) => {
    const { deps, table, putPlan, putTask } = createEngineFixture();
    await putPlan();
    await putTask({
      ...createWorkingTask(1),
      retryCounts: { agent: 0, infra: 0, repair: 0, refusals: refused },
    });

    await acceptResult(deps, KEY, createFailedResult({ cause: 'forge' }));

    expect(await loadPauses(table, deps.clock.now())).toHaveLength(pauses);
  },
);

test('a refusal of the model parks its task, pauses no other work and requests a probe', async () => {
  const { deps, table, sent, task } = await createWorkingFixture();

  await acceptResult(deps, KEY, createFailedResult({ reason: 'quota of src/billing.ts' }));

  expect(await loadPauses(table, deps.clock.now())).toEqual([]);
  expect((await task()).state).toMatchObject({ status: 'ready', parkedUntil: expect.any(Number) });
  expect(sent).toContainEqual(buildModelProbeRequest());
});

test('a task stores a limited list of conflicting files', async () => {
  const { deps, task } = await createWorkingFixture();
  const files = Array.from({ length: 500 }, (_, n) => `${'計'.repeat(4_000)}${n}`);

  await acceptResult(deps, KEY, createFailedResult({ cause: 'conflict', files }));

  expect(Buffer.byteLength(JSON.stringify((await task()).state))).toBeLessThan(200_000);
});

type WorkingFixture = Awaited<ReturnType<typeof createWorkingFixture>>;

test.each([
  {
    how: 'lost',
    end: async ({ deps, task }: WorkingFixture) => {
      const before = await task();
      await loseAttempt(deps, before, 'its pod is gone', 'sweep');
      await loseAttempt(deps, before, 'its pod is gone', 'sweep');
    },
  },
  {
    how: 'cancelled',
    end: ({ deps }: WorkingFixture) => cancelTask(deps, FIXTURE_PLAN, 'one', '', 'ada'),
  },
  {
    how: 'overtaken by a merge',
    end: ({ deps }: WorkingFixture) =>
      applyTask(deps, KEY, { type: 'merge_seen', sha: 'm1', root: 'm1' }, { actor: 'forge' }),
  },
])('the last reported usage of an attempt that is $how is counted once', async ({ end }) => {
  const fixture = await createWorkingFixture();
  const { task, table } = fixture;
  await openAttempt(table, KEY, {
    startedAt: 1,
    heartbeatAt: 1,
    leaseUntil: 1,
    phase: 'agent',
    activity: '',
    usage: { inputTokens: 900, outputTokens: 100, usd: 0.25, turns: 4 },
    progressAt: 1,
  });

  await end(fixture);

  const { state } = await task();
  expect(state.liveAttempt).toBeUndefined();
  expect(state.usage).toMatchObject({ inputTokens: 900, usd: 0.25 });
  const head = table.listAll().find((item) => item.sk === 'HEAD');
  expect(head).toMatchObject({ usedTokens: 1_000, usedUsd: 0.25 });
});

test('usage in a result is not counted again from the heartbeat', async () => {
  const { deps, task, table } = await createWorkingFixture();
  const usage = { inputTokens: 500, outputTokens: 0, usd: 0.5, turns: 1 };
  await openAttempt(table, KEY, {
    startedAt: 1,
    heartbeatAt: 1,
    leaseUntil: 1,
    phase: 'agent',
    activity: '',
    usage,
    progressAt: 1,
  });

  await acceptResult(deps, KEY, createFailedResult({ cause: 'infra', usage }));

  expect((await task()).state.usage).toEqual(usage);
  const head = table.listAll().find((item) => item.sk === 'HEAD');
  expect(head).toMatchObject({ usedTokens: 500, usedUsd: 0.5 });
});

test('rejects a repeated result that was stored but never accepted', async () => {
  const { deps, table, putPlan, putTask } = createEngineFixture();
  await putPlan();
  await putTask({ status: 'ready', attempt: 2, reportedAttempts: [2] });
  await putResult(table, KEY, createFailedResult({}));

  await expect(acceptResult(deps, KEY, createFailedResult({}))).rejects.toMatchObject({
    code: 'attempt_ended',
  });
});

test('accepts a repeated result even after a later attempt', async () => {
  const { deps, putPlan, putTask } = createEngineFixture();
  await putPlan();
  await putTask({ status: 'ready', attempt: 2, reportedAttempts: [1, 2] });

  await expect(acceptResult(deps, KEY, createFailedResult({}))).resolves.toBeUndefined();
});

/** Reports a result without a change for the commit; returns the task. */
async function reportNoChange(commit: string, root: string) {
  const fixture = createEngineFixture({ forge: { readBranchHead: async () => undefined } });
  await fixture.putPlan();
  await fixture.putTask(createWorkingTask(1));
  const evidence = { commit, root, green: true, empty: false, results: [], at: 1 };
  await acceptResult(fixture.deps, KEY, {
    outcome: 'done',
    noChange: 'task',
    commit,
    evidence,
    summary: 'NOTHING TO DO: it is there.',
    workLog: [],
    changed: [],
    leftOut: [],
    uncommitted: [],
    flagged: [],
    usage: NO_USAGE,
  });
  return fixture.task();
}

test('a task without changes needs no pushed commit and waits for a person', async () => {
  const root = 'a'.repeat(40);

  expect((await reportNoChange(root, root)).state).toMatchObject({
    status: 'in_review',
    noChange: true,
    accepted: { commit: root },
  });
});

test('a claim of no change for another commit than the root commit must be pushed', async () => {
  await expect(reportNoChange('b'.repeat(40), 'a'.repeat(40))).rejects.toMatchObject({
    code: 'commit_not_pushed',
  });
});
