import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPullFixture,
} from '../../../test/support/engine/engine-fixture.ts';
import type { PullQuery, PullRequest } from '../../port/forge.ts';
import { closePull } from './close-pull.ts';

const COMMIT = 'c'.repeat(40);
const RETARGETED = createPullFixture({ base: 'main', labels: ['smol-gang'] });

/**
 * Closes the pull request of a cancelled task and returns the numbers of the closed pull requests. `isKnown`: the task has stored the
 * number of the pull request.
 */
async function closeTaskPull(pull: PullRequest, isKnown: boolean): Promise<number[]> {
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
    ...(isKnown && { pull: { number: pull.number, nodeId: pull.nodeId, url: pull.url } }),
  });
  await closePull(fixture.deps, await fixture.task());
  const { state } = await fixture.task();
  expect(state.pull?.number).toBe(isKnown || closed.length > 0 ? pull.number : undefined);
  return closed;
}

test('closes a pull request whose number was not stored, even if its base branch has changed', async () => {
  expect(await closeTaskPull(RETARGETED, false)).toEqual([RETARGETED.number]);
});

test('closes a pull request without the smol-gang label only if its number is stored', async () => {
  const unlabelled = { ...RETARGETED, labels: [] };
  expect(await closeTaskPull(unlabelled, true)).toEqual([unlabelled.number]);
  expect(await closeTaskPull(unlabelled, false)).toEqual([]);
});
