import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import { formatAttemptId } from '../../contract/id.ts';
import type { Pod, PodState } from '../../port/launcher.ts';
import { addSlotHolders, loadSlots } from '../../store/system-store.ts';
import { formatPodName } from '../launch/attempt-pod.ts';
import { sweepPods } from './resync.ts';

function createPod(n: number, state: PodState): Pod {
  const key = { plan: FIXTURE_PLAN, run: 1, task: 'one', attemptNumber: n };
  return {
    name: formatPodName(key),
    attemptId: formatAttemptId(key),
    state,
    startedAt: 0,
    uid: `u${n}`,
  };
}

test.each<PodState>(['running', 'gone'])(
  'removes a pod in the state %s whose attempt has ended, by the unique id of the pod',
  async (state) => {
    const removed: unknown[][] = [];
    const fixture = createEngineFixture({
      launcher: {
        list: async () => [createPod(1, state)],
        remove: async (...call) => {
          removed.push(call);
          return 'gone';
        },
      },
    });
    await fixture.putPlan();
    await fixture.putTask({ status: 'ready', attempt: 1 });

    await sweepPods(fixture.deps);

    expect(removed).toEqual([[createPod(1, state).name, 'u1']]);
  },
);

test('frees an unclaimed slot even if a stray pod cannot be removed', async () => {
  const fixture = createEngineFixture({
    launcher: {
      list: async () => [createPod(7, 'running')],
      remove: async () => {
        throw new Error('EACCES');
      },
    },
  });
  const { deps, putPlan, putTask, task, advance } = fixture;
  await putPlan();
  await putTask({ status: 'ready' });
  const attempt = { plan: FIXTURE_PLAN, run: 1, task: 'one', attemptNumber: 1 };
  await addSlotHolders(deps.table, await loadSlots(deps.table), [
    { attempt, repo: FIXTURE_REPO, since: deps.clock.now() },
  ]);
  advance(60_000);

  await sweepPods(deps);

  expect((await loadSlots(deps.table)).holders.size).toBe(0);
  expect((await task()).state.attempt).toBe(1);
});
