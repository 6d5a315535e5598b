import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
  workingTask,
} from '../../../test/support/engine-fixture.ts';
import type { AttemptResult } from '../../contract/attempt.ts';
import { forgeFor, loadPauses } from '../../store/pause-store.ts';
import { putAttempt, putResult } from '../../store/task-detail.ts';
import { NO_USAGE } from '../../task/state.ts';
import { applyTask } from '../apply-task.ts';
import { cancelTask } from '../command/task.ts';
import { loseAttempt } from './lose-attempt.ts';
import { acceptResult } from './result.ts';

const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one', n: 1 };

async function working() {
  const fixture = createEngineFixture();
  await fixture.putPlan();
  await fixture.putTask(workingTask(1));
  return fixture;
}

function failed(change: Partial<Extract<AttemptResult, { outcome: 'failed' }>>): AttemptResult {
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

test('no endpoint parks work for longer than a quarter of an hour', async () => {
  const { deps, task } = await working();
  const now = deps.clock.now();

  await acceptResult(deps, KEY, failed({ until: now + 999_999_000 }));

  expect((await task()).state.parkedUntil).toBe(now + 900_000);
});

test('a forge that refuses is a notice for those who share it with this repository', async () => {
  const { deps, table } = await working();

  await acceptResult(deps, KEY, failed({ cause: 'forge', reason: 'error: 429' }));

  const pauses = await loadPauses(table, deps.clock.now());
  expect(pauses.map(({ what }) => what)).toEqual([forgeFor('local', FIXTURE_REPO)]);
});

test.each([0, 3])('after %i refusals in a row', async (refused) => {
  const { deps, table, putPlan, putTask } = createEngineFixture();
  await putPlan();
  await putTask({ ...workingTask(1), spent: { agent: 0, infra: 0, repair: 0, refused } });

  await acceptResult(deps, KEY, failed({}));

  // Of a task that is refused again and again nobody else has to believe it.
  expect(await loadPauses(table, deps.clock.now())).toHaveLength(refused < 3 ? 1 : 0);
});

test('however many files conflict, the task keeps a bounded list of them', async () => {
  const { deps, task } = await working();
  const files = Array.from({ length: 500 }, (_, n) => `${'計'.repeat(4_000)}${n}`);

  await acceptResult(deps, KEY, failed({ cause: 'conflict', files }));

  expect(Buffer.byteLength(JSON.stringify((await task()).state))).toBeLessThan(200_000);
});

type Working = Awaited<ReturnType<typeof working>>;

test.each([
  {
    how: 'lost',
    end: async ({ deps, task }: Working) => {
      const before = await task();
      await loseAttempt(deps, before, 'its pod is gone', 'sweep');
      await loseAttempt(deps, before, 'its pod is gone', 'sweep');
    },
  },
  {
    how: 'cancelled',
    end: ({ deps }: Working) => cancelTask(deps, FIXTURE_PLAN, 'one', '', 'ada'),
  },
  {
    how: 'overtaken by a merge',
    end: ({ deps }: Working) =>
      applyTask(deps, KEY, { type: 'merge_seen', sha: 'm1', root: 'm1' }, { actor: 'forge' }),
  },
])('what an attempt that is $how was last heard to have used counts, once', async ({ end }) => {
  const fixture = await working();
  const { task, table } = fixture;
  await putAttempt(table, KEY, {
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
  expect(state.current).toBeUndefined();
  expect(state.usage).toMatchObject({ inputTokens: 900, usd: 0.25 });
  const head = table.all().find((item) => item.sk === 'HEAD');
  expect(head).toMatchObject({ usedTokens: 1_000, usedUsd: 0.25 });
});

test('what an attempt says itself is not counted again from its heartbeat', async () => {
  const { deps, task, table } = await working();
  const usage = { inputTokens: 500, outputTokens: 0, usd: 0.5, turns: 1 };
  await putAttempt(table, KEY, {
    startedAt: 1,
    heartbeatAt: 1,
    leaseUntil: 1,
    phase: 'agent',
    activity: '',
    usage,
    progressAt: 1,
  });

  await acceptResult(deps, KEY, failed({ cause: 'infra', usage }));

  expect((await task()).state.usage).toEqual(usage);
  const head = table.all().find((item) => item.sk === 'HEAD');
  expect(head).toMatchObject({ usedTokens: 500, usedUsd: 0.5 });
});

test('a result that was stored and never counted is refused when it is repeated', async () => {
  const { deps, table, putPlan, putTask } = createEngineFixture();
  await putPlan();
  await putTask({ status: 'ready', attempt: 2, reported: [2] });
  await putResult(table, KEY, failed({}));

  await expect(acceptResult(deps, KEY, failed({}))).rejects.toMatchObject({
    code: 'attempt_ended',
  });
});

test('a result that counted is answered the same when it is repeated, also after the next one', async () => {
  const { deps, putPlan, putTask } = createEngineFixture();
  await putPlan();
  await putTask({ status: 'ready', attempt: 2, reported: [1, 2] });

  await expect(acceptResult(deps, KEY, failed({}))).resolves.toBeUndefined();
});
