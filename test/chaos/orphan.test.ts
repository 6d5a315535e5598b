import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { requireCompleteDemo } from '../support/demo/demo-facts.ts';
import { startDemo } from '../support/demo/demo-process.ts';
import { SHORT_LEASES } from '../support/demo/kill-scenario.ts';
import { suspendWorkingAttempt } from '../support/demo/suspend-working-attempt.ts';
import { listTaskEvents, waitForTask } from '../support/platform/wait-for-plan.ts';
import { waitUntil } from '../support/wait-until.ts';
import { runGit } from '../support/workspace/git.ts';
import { createTestWorkspace } from '../support/workspace/test-workspace.ts';

const DEMO_TIMEOUT_MS = 300_000;
const PLATFORM_START_TIMEOUT_MS = 60_000;
/** Includes the end of the lease, the next resync and the launch of the next attempt. */
const NEXT_ATTEMPT_TIMEOUT_MS = 120_000;

async function isApiHealthy(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/health`).catch(() => undefined);
  return response?.ok === true;
}

/** Reads the head commits of the branches whose name starts with `prefix`, by branch. */
async function readBranchHeads(path: string, prefix: string): Promise<ReadonlyMap<string, string>> {
  const format = '--format=%(refname:lstrip=2) %(objectname)';
  const refs = (await runGit(path, ['for-each-ref', format])).split('\n');
  return new Map(
    refs
      .map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? ''])
      .filter(([branch]) => branch.startsWith(prefix)),
  );
}

test('an attempt that is suspended until its lease has expired and its platform is dead ends by itself after it is resumed, and changes nothing', async () => {
  const workspace = await createTestWorkspace();
  onTestFinished(() => workspace.remove());
  const demo = startDemo(workspace, [], SHORT_LEASES);
  const path = join(workspace.dataDir, 'sample');

  const orphan = await suspendWorkingAttempt(demo);
  const { plan, run, task, attemptNumber } = orphan.attempt;
  await demo.kill();
  await orphan.hideFromPlatform();
  const branchPrefix = `smol-gang/${plan}-r${run}/`;
  const orphanBranch = `${branchPrefix}a/${task}-${attemptNumber}`;
  const headsBefore = await readBranchHeads(path, orphanBranch);
  demo.resume();
  await waitUntil(
    'the API is back',
    // The platform opens its ports for a moment to check them, so an open port does not mean that the API answers.
    () => isApiHealthy(workspace.ports.api),
    PLATFORM_START_TIMEOUT_MS,
  );
  await demo.readTokens();
  await waitForTask(
    demo,
    plan,
    task,
    ({ attempt }) => attempt > attemptNumber,
    NEXT_ATTEMPT_TIMEOUT_MS,
  );
  expect(await orphan.isSuspended()).toBe(true);

  orphan.resume();
  expect(await orphan.waitUntilEnded()).toMatch(/bridge: stopped \((lease|superseded)\)/);
  await demo.waitUntilDone(DEMO_TIMEOUT_MS);

  expect((await readBranchHeads(path, orphanBranch)).get(orphanBranch)).toBe(
    headsBefore.get(orphanBranch),
  );
  const attemptHeads = await readBranchHeads(path, `${branchPrefix}a/${task}-`);
  const newerHeads = [...attemptHeads]
    .filter(([branch]) => branch !== orphanBranch)
    .map(([, head]) => head);
  const accepted = (await readBranchHeads(path, `${branchPrefix}t/${task}`)).get(
    `${branchPrefix}t/${task}`,
  );
  expect(newerHeads).toContain(accepted);
  const events = await listTaskEvents(demo, plan, task);
  expect(events).toContain('attempt_lost');
  await requireCompleteDemo(demo);
  await demo.close();
});
