import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPullFixture,
} from '../../../test/support/engine/engine-fixture.ts';
import type { PullQuery, PullRequest } from '../../port/forge.ts';
import { closePull } from './close-pull.ts';

const COMMIT = 'c'.repeat(40);
const RETARGETED = createPullFixture({ base: 'main', labels: ['smol-gang'] });

/** Reconciles a cancelled task at a forge with one pull request; returns the numbers of the closed pull requests. */
async function closeTaskPull(pull: PullRequest, known: boolean): Promise<number[]> {
  const closed: number[] = [];
  const fixture = createEngineFixture({
    forge: {
      findPull: async (_repo, { base, labels }: PullQuery) =>
        pull.base === base || pull.labels.some((label) => labels.includes(label))
          ? pull
          : undefined,
      readPull: async () => pull,
      closePull: async (_repo, number) => {
        closed.push(number);
      },
    },
  });
  await fixture.putPlan({ status: 'cancelled' });
  await fixture.putTask({
    status: 'cancelled',
    accepted: { commit: COMMIT, attempt: 1, firstAttempt: 1 },
    ...(known && { pull: { number: pull.number, nodeId: pull.nodeId, url: pull.url } }),
  });
  await closePull(fixture.deps, await fixture.task());
  const { state } = await fixture.task();
  expect(state.pull?.number).toBe(known || closed.length > 0 ? pull.number : undefined);
  return closed;
}

test('closes a pull request with a lost number, whatever its base branch is', async () => {
  expect(await closeTaskPull(RETARGETED, false)).toEqual([RETARGETED.number]);
});

test('closes a pull request without labels only by its known number', async () => {
  const bare = { ...RETARGETED, labels: [] };
  expect(await closeTaskPull(bare, true)).toEqual([bare.number]);
  expect(await closeTaskPull(bare, false)).toEqual([]);
});
