import { expect, test } from 'vitest';
import {
  createEngineFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
  pullFixture,
} from '../../../test/support/engine-fixture.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { drivePlan } from './drive-plan.ts';

const ROOT = `smol-gang/${FIXTURE_PLAN}-r1/root`;
const VERIFIED = 'e'.repeat(40);

/** A plan whose end is verified, and whose root pull request a person merged when its head was `headSha`. */
async function finishMerged(headSha: string) {
  const deleted: string[] = [];
  const { deps, putPlan, putTask } = createEngineFixture({
    forge: {
      branchHead: async () => VERIFIED,
      pull: async () => pullFixture({ head: ROOT, base: 'main', state: 'merged', headSha }),
      listBranches: async () => [{ name: ROOT, sha: VERIFIED }],
      deleteBranch: async (_repo, name) => {
        deleted.push(name);
      },
    },
  });
  const pull = { repo: FIXTURE_REPO, branch: ROOT, number: 7, nodeId: 'PR_7', ready: false };
  await putPlan({
    ends: [{ task: 'end', repo: FIXTURE_REPO }],
    pulls: [{ ...pull, state: 'open' }],
  });
  await putTask({ task: 'end', kind: 'end', status: 'merged', mergeSha: VERIFIED });
  await drivePlan(deps, FIXTURE_PLAN);
  await drivePlan(deps, FIXTURE_PLAN);
  return { deleted, plan: (await loadPlan(deps.table, FIXTURE_PLAN))?.state };
}

test('of a root pull request that was merged as a whole the branches go', async () => {
  const { deleted, plan } = await finishMerged(VERIFIED);

  expect(plan).toMatchObject({ status: 'complete', notices: [] });
  expect(deleted).toEqual([ROOT]);
});

test('of one that was merged before everything was in it the branches stay, and it is said', async () => {
  const { deleted, plan } = await finishMerged('a'.repeat(40));

  expect(deleted).toEqual([]);
  expect(plan?.status).toBe('complete');
  expect(plan?.notices).toMatchObject([{ level: 'warning', code: 'merged_early' }]);
  expect(plan?.notices[0]?.message).toContain(`#7 of acme/shop (branch ${ROOT})`);
  expect(plan?.cleanup[0]?.at).toBeGreaterThan(plan?.finishedAt ?? 0);
});
