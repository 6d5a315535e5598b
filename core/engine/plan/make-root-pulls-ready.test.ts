import { expect, test } from 'vitest';
import {
  createEngineFixture,
  createPullFixture,
  FIXTURE_PLAN,
  FIXTURE_REPO,
} from '../../../test/support/engine/engine-fixture.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { reconcilePlan } from './reconcile-plan.ts';

const ROOT = `smol-gang/${FIXTURE_PLAN}-r1/root`;
const VERIFIED = 'e'.repeat(40);

/** Finishes a plan with a verified end task after a person merged the root pull request at the head `headSha`. */
async function finishMergedPlan(headSha: string) {
  const deleted: string[] = [];
  const { deps, putPlan, putTask } = createEngineFixture({
    forge: {
      readBranchHead: async () => VERIFIED,
      readPull: async () =>
        createPullFixture({ head: ROOT, base: 'main', state: 'merged', headSha }),
      listBranches: async () => [{ name: ROOT, sha: VERIFIED }],
      deleteBranch: async (_repo, name) => {
        deleted.push(name);
      },
    },
  });
  const pull = { repo: FIXTURE_REPO, branch: ROOT, number: 7, nodeId: 'PR_7', ready: false };
  await putPlan({
    finalTasks: [{ task: 'end', repo: FIXTURE_REPO }],
    pulls: [{ ...pull, state: 'open' }],
  });
  await putTask({ task: 'end', kind: 'end', status: 'merged', mergeSha: VERIFIED });
  await reconcilePlan(deps, FIXTURE_PLAN);
  await reconcilePlan(deps, FIXTURE_PLAN);
  return { deleted, plan: (await loadPlan(deps.table, FIXTURE_PLAN))?.state };
}

test('deletes the branches of a root pull request that was merged at the verified commit', async () => {
  const { deleted, plan } = await finishMergedPlan(VERIFIED);

  expect(plan).toMatchObject({ status: 'complete', conditions: [] });
  expect(deleted).toEqual([ROOT]);
});

test('keeps the branches of a root pull request that was merged at an unverified commit, and warns', async () => {
  const { deleted, plan } = await finishMergedPlan('a'.repeat(40));

  expect(deleted).toEqual([]);
  expect(plan?.status).toBe('complete');
  expect(plan?.conditions).toMatchObject([{ level: 'warning', code: 'merged_early' }]);
  expect(plan?.conditions[0]?.message).toContain(`#7 of acme/shop (branch ${ROOT})`);
  expect(plan?.pendingCleanups[0]?.at).toBeGreaterThan(plan?.finishedAt ?? 0);
});
