import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { seededRandom } from '../../local/model/flavour.ts';
import { type DemoProcess, startDemo } from '../support/demo-process.ts';
import { type PullFacts, pullsOfRun, requireOneEach } from '../support/forge-facts.ts';
import { git } from '../support/git.ts';
import { createGround } from '../support/test-ground.ts';

// The process of the demo is killed at moments that a seed chooses, and started again. Bridges live on meanwhile.
// CRASH_SEED replays; CRASH_KILLS says how often.

/** Of the demo's ids, order and file contents. */
const SHUFFLE = '7';
const SEED = Number(process.env.CRASH_SEED ?? 20_261);
const KILLS = Number(process.env.CRASH_KILLS ?? 5);
/** Different things that a whole demo prints, roughly. */
const STEPS = 66;
/** The platform needs about that long to start. */
const MAX_DELAY_MS = 1_500;
const DEMO_MS = 300_000;

type Moment = { readonly afterSteps: number; readonly thenMs: number };

/** One in each part of the demo. */
function chooseMoments(seed: number, count: number): Moment[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, part) => ({
    afterSteps: Math.floor(((part + random()) / count) * STEPS),
    thenMs: Math.floor(random() * MAX_DELAY_MS),
  }));
}

/** What has happened for the first time: a demo that goes on prints some of it again. */
function countSteps(output: string): number {
  const lines = output.split('\n').filter((line) => /^\d\d:\d\d:\d\d /.test(line));
  return new Set(lines.map((line) => line.slice('00:00:00 '.length).replace(/\d+s/g, ''))).size;
}

async function killAt(demo: DemoProcess, moment: Moment): Promise<void> {
  const { afterSteps, thenMs } = moment;
  await demo.until(
    `step ${afterSteps}`,
    () => demo.isDone() || countSteps(demo.output()) >= afterSteps,
    DEMO_MS,
  );
  await delay(thenMs);
  await demo.kill();
}

test(
  `the shuffled demo completes although it is killed ${KILLS} times, seed ${SEED}`,
  async () => {
    const moments = chooseMoments(SEED, KILLS);
    console.log(`seed ${SEED}: killed at ${JSON.stringify(moments)}`);
    const ground = await createGround();
    onTestFinished(() => ground.remove());
    const demo = startDemo(ground, ['--shuffle', SHUFFLE]);

    for (const moment of moments) {
      await killAt(demo, moment);
      demo.resume();
    }
    await demo.untilDone(DEMO_MS);

    const facts = await demo.facts();
    const { root, tasks } = await requireOneEach(
      demo,
      facts.repository,
      facts.complexPlan,
      facts.tasks,
    );
    expect(root).toMatchObject({ draft: false, state: 'open' });
    await requireNothingLost(demo, facts, [...tasks.values()].flat(), root);
    const simple = await pullsOfRun(demo, facts.repository, facts.simplePlan);
    const single = [...simple.tasks.values()].flat();
    expect(single).toMatchObject([{ draft: false, state: 'open', base: { ref: 'main' } }]);
    await demo.close();
  },
  DEMO_MS * 2,
);

const headSchema = z.object({ commit: z.string() });

/** What was accepted of each task is in the root branch, brought there by one merge. */
async function requireNothingLost(
  demo: DemoProcess,
  facts: { path: string; complexPlan: string },
  pulls: readonly PullFacts[],
  root: PullFacts | undefined,
): Promise<void> {
  const tip = headSchema.parse({ commit: root?.head.sha }).commit;
  const inRoot = new Set((await git(facts.path, ['rev-list', tip])).split('\n'));
  for (const pull of pulls) {
    expect(inRoot, `the head of ${pull.head.ref}`).toContain(pull.head.sha);
    expect(inRoot, `the merge of ${pull.head.ref}`).toContain(pull.merge_commit_sha);
  }
  const merges = (await git(facts.path, ['rev-list', '--first-parent', `main..${tip}`])).split(
    '\n',
  );
  expect(merges.toSorted()).toEqual(pulls.map((pull) => pull.merge_commit_sha).toSorted());
  const files = (await git(facts.path, ['ls-tree', '-r', '--name-only', tip])).split('\n');
  expect(files.filter((file) => /plan|smol-gang/.test(file))).toEqual(['.smol-gang.yaml']);
  expect(demo.output()).not.toContain('is failed');
}
