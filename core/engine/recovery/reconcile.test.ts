import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine-fixture.ts';
import { formatAttemptId } from '../../contract/id.ts';
import type { Pod, PodState } from '../../port/launcher.ts';
import { podName } from '../attempt/pod.ts';
import { sweepPods } from './reconcile.ts';

function pod(n: number, state: PodState): Pod {
  const key = { plan: FIXTURE_PLAN, run: 1, task: 'one', n };
  return {
    name: podName(key),
    attemptId: formatAttemptId(key),
    state,
    startedAt: 0,
    uid: `u${n}`,
  };
}

test.each<PodState>(['running', 'gone'])(
  'a pod that is %s and whose attempt is over is taken away, and its incarnation alone',
  async (state) => {
    const removed: unknown[][] = [];
    const fixture = createEngineFixture({
      launcher: {
        list: async () => [pod(1, state)],
        remove: async (...call) => {
          removed.push(call);
          return 'gone';
        },
      },
    });
    await fixture.putPlan();
    await fixture.putTask({ status: 'ready', attempt: 1 });

    await sweepPods(fixture.deps);

    expect(removed).toEqual([[pod(1, state).name, 'u1']]);
  },
);
