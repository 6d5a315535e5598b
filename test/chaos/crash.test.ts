import { expect, onTestFinished, test } from 'vitest';
import {
  type Blow,
  chooseMoments,
  type Dealt,
  SHORT_LEASES,
  strike,
} from '../support/crash-blow.ts';
import { requireWholeDemo } from '../support/demo-facts.ts';
import { startDemo } from '../support/demo-process.ts';
import { ALL_STEPS, countSteps } from '../support/demo-steps.ts';
import { createGround } from '../support/test-ground.ts';

// Twenty blows at moments that a seed chooses, five in each of four demos with other ids, order and contents: a third hits
// every process, a third the supervisor, a third one component, each while the demo is at work. CRASH_SEED replays;
// CRASH_KILLS says how many in all.

const SEED = Number(process.env.CRASH_SEED ?? 20_262);
const KILLS = Number(process.env.CRASH_KILLS ?? 20);
/** More in one demo would end in a task whose attempts were lost too often, which is blocked, as it should be. */
const IN_ONE_DEMO = 5;
const BLOWS: readonly Blow[] = ['whole', 'supervisor', 'component'];
const DEMO_MS = 300_000;

const DEMOS = Array.from({ length: Math.ceil(KILLS / IN_ONE_DEMO) }, (_, demo) => ({
  demo,
  first: demo * IN_ONE_DEMO,
  count: Math.min(IN_ONE_DEMO, KILLS - demo * IN_ONE_DEMO),
}));
const dealt: Dealt[] = [];

test.each(DEMOS)(
  `the demo completes although it is dealt $count blows, seed ${SEED} + $demo`,
  async ({ demo: number, first, count }) => {
    const ground = await createGround();
    onTestFinished(() => ground.remove());
    const demo = startDemo(ground, ['--shuffle', String(SEED + number)], SHORT_LEASES);
    const told: string[] = [];

    for (const moment of chooseMoments(SEED + number, count, BLOWS, first)) {
      const blow = await strike(demo, moment);
      dealt.push(blow);
      told.push(`${moment.afterSteps}: ${blow.what}, ${blow.orphans} orphans`);
    }
    await demo.untilDone(DEMO_MS);

    console.log(`seed ${SEED + number}: after step ${told.join('; ')}; of ${ALL_STEPS} steps`);
    expect(countSteps(demo)).toBe(ALL_STEPS);
    expect(told).toHaveLength(count);
    await requireWholeDemo(demo);
    await demo.close();
  },
  DEMO_MS * 2,
);

// Fewer blows may well find no bridge at work.
test.runIf(KILLS >= 20)('each kind of blow fell, and bridges outlived a supervisor', () => {
  const countOf = (kind: Blow) => dealt.filter(({ blow }) => blow === kind).length;

  for (const kind of BLOWS)
    expect(countOf(kind), kind).toBeGreaterThanOrEqual(Math.floor(KILLS / 3));
  const orphans = dealt.reduce((sum, blow) => sum + blow.orphans, 0);
  expect(orphans).toBeGreaterThan(0);
});
