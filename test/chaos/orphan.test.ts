import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { requireCompleteDemo } from '../support/demo/demo-facts.ts';
import { startDemo } from '../support/demo/demo-process.ts';
import { SHORT_LEASES } from '../support/demo/kill-scenario.ts';
import { stopWorkingAttempt } from '../support/demo/stop-working-attempt.ts';
import { listTaskEvents, waitForTask } from '../support/platform/wait-for-plan.ts';
import { isListening } from '../support/process/process-scan.ts';
import { waitUntil } from '../support/wait-until.ts';
import { runGit } from '../support/workspace/git.ts';
import { createTestWorkspace } from '../support/workspace/test-workspace.ts';

const DEMO_MS = 300_000;
const START_TIMEOUT_MS = 60_000;
/** For the lease, the clock's next look and the launch of the next attempt. */
const NEXT_ATTEMPT_TIMEOUT_MS = 120_000;

/** Commits by branch, of those whose names begin so. */
async function readBranchHeads(path: string, prefix: string): Promise<ReadonlyMap<string, string>> {
  const format = '--format=%(refname:lstrip=2) %(objectname)';
  const refs = (await runGit(path, ['for-each-ref', format])).split('\n');
  return new Map(
    refs
      .map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? ''])
      .filter(([branch]) => branch.startsWith(prefix)),
  );
}

test('an attempt that sleeps through its lease and the end of its supervisor wakes, ends by itself and changes nothing', async () => {
  const ground = await createTestWorkspace();
  onTestFinished(() => ground.remove());
  const demo = startDemo(ground, [], SHORT_LEASES);
  const path = join(ground.dataDir, 'sample');

  const orphan = await stopWorkingAttempt(demo);
  const { plan, run, task, n } = orphan.attempt;
  await demo.kill();
  await orphan.hideFromPlatform();
  const branches = `smol-gang/${plan}-r${run}/`;
  const own = `${branches}a/${task}-${n}`;
  const before = await readBranchHeads(path, own);
  demo.resume();
  await waitUntil('the API is back', () => isListening(ground.ports.api), START_TIMEOUT_MS);
  await demo.readTokens();
  await waitForTask(demo, plan, task, ({ attempt }) => attempt > n, NEXT_ATTEMPT_TIMEOUT_MS);
  expect(await orphan.isStopped()).toBe(true);

  orphan.resume();
  expect(await orphan.waitUntilEnded()).toMatch(/bridge: stopped \((lease|superseded)\)/);
  await demo.waitUntilDone(DEMO_MS);

  expect((await readBranchHeads(path, own)).get(own)).toBe(before.get(own));
  const attempts = await readBranchHeads(path, `${branches}a/${task}-`);
  const newer = [...attempts].filter(([branch]) => branch !== own).map(([, head]) => head);
  const accepted = (await readBranchHeads(path, `${branches}t/${task}`)).get(
    `${branches}t/${task}`,
  );
  expect(newer).toContain(accepted);
  const events = await listTaskEvents(demo, plan, task);
  expect(events).toContain('attempt_lost');
  await requireCompleteDemo(demo);
  await demo.close();
});
