import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SHORT_LEASES } from '../support/crash-blow.ts';
import { requireWholeDemo } from '../support/demo-facts.ts';
import { startDemo } from '../support/demo-process.ts';
import { git } from '../support/git.ts';
import { eventsOf, untilTask } from '../support/plan-watch.ts';
import { isListening } from '../support/process-scan.ts';
import { stopOne } from '../support/stop-orphan.ts';
import { createGround } from '../support/test-ground.ts';
import { waitUntil } from '../support/wait-until.ts';

const DEMO_MS = 300_000;
const START_MS = 60_000;
/** For the lease, the clock's next look and the launch of the next attempt. */
const NEWER_MS = 120_000;

/** Commits by branch, of those whose names begin so. */
async function headsOf(path: string, prefix: string): Promise<ReadonlyMap<string, string>> {
  const format = '--format=%(refname:lstrip=2) %(objectname)';
  const refs = (await git(path, ['for-each-ref', format])).split('\n');
  return new Map(
    refs
      .map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? ''])
      .filter(([branch]) => branch.startsWith(prefix)),
  );
}

test('an attempt that sleeps through its lease and the end of its supervisor wakes, ends by itself and changes nothing', async () => {
  const ground = await createGround();
  onTestFinished(() => ground.remove());
  const demo = startDemo(ground, [], SHORT_LEASES);
  const path = join(ground.data, 'sample');

  const orphan = await stopOne(demo);
  const { plan, run, task, n } = orphan.attempt;
  await demo.kill();
  await orphan.hide();
  const branches = `smol-gang/${plan}-r${run}/`;
  const own = `${branches}a/${task}-${n}`;
  const before = await headsOf(path, own);
  demo.resume();
  await waitUntil('the API is back', () => isListening(ground.ports.api), START_MS);
  await demo.readTokens();
  await untilTask(demo, plan, task, ({ attempt }) => attempt > n, NEWER_MS);
  expect(await orphan.isStopped()).toBe(true);

  orphan.goOn();
  expect(await orphan.untilEnded()).toMatch(/bridge: stopped \((lease|superseded)\)/);
  await demo.untilDone(DEMO_MS);

  expect((await headsOf(path, own)).get(own)).toBe(before.get(own));
  const attempts = await headsOf(path, `${branches}a/${task}-`);
  const newer = [...attempts].filter(([branch]) => branch !== own).map(([, head]) => head);
  const accepted = (await headsOf(path, `${branches}t/${task}`)).get(`${branches}t/${task}`);
  expect(newer).toContain(accepted);
  const events = await eventsOf(demo, plan, task);
  expect(events).toContain('attempt_lost');
  await requireWholeDemo(demo);
  await demo.close();
});
