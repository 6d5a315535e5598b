import { expect, onTestFinished, test } from 'vitest';
import { type Blow, chooseMoments, strike } from '../support/crash-blow.ts';
import { requireWholeDemo } from '../support/demo-facts.ts';
import { startDemo } from '../support/demo-process.ts';
import { createGround } from '../support/test-ground.ts';

// Twenty blows at moments that a seed chooses, five in each of four demos with other ids, order and contents: a third hits
// every process, a third the supervisor, a third one component. CRASH_SEED replays; CRASH_KILLS says how many in all.

const SEED = Number(process.env.CRASH_SEED ?? 20_262);
const KILLS = Number(process.env.CRASH_KILLS ?? 20);
/** More in one demo would end in a task whose attempts were lost too often, which is blocked, as it should be. */
const IN_ONE_DEMO = 5;
const BLOWS: readonly Blow[] = ['whole', 'supervisor', 'component'];
const DEMO_MS = 300_000;
/** A bridge that is alone ends with its lease: short, so that it is seen to. */
const ENV = { SMOL_CLOCK_SECONDS: '10', LEASE_SECONDS: '10', HEARTBEAT_SECONDS: '1' };

const DEMOS = Array.from({ length: Math.ceil(KILLS / IN_ONE_DEMO) }, (_, demo) => ({
  demo,
  first: demo * IN_ONE_DEMO,
  count: Math.min(IN_ONE_DEMO, KILLS - demo * IN_ONE_DEMO),
}));

test.each(DEMOS)(
  `the demo completes although it is dealt $count blows, seed ${SEED} + $demo`,
  async ({ demo: number, first, count }) => {
    const ground = await createGround();
    onTestFinished(() => ground.remove());
    const demo = startDemo(ground, ['--shuffle', String(SEED + number)], ENV);
    const dealt: string[] = [];

    for (const moment of chooseMoments(SEED + number, count, BLOWS, first))
      dealt.push(`${moment.afterSteps}: ${await strike(demo, moment)}`);
    await demo.untilDone(DEMO_MS);

    console.log(`seed ${SEED + number}: after step ${dealt.join(', ')}`);
    expect(dealt).toHaveLength(count);
    await requireWholeDemo(demo);
    await demo.close();
  },
  DEMO_MS * 2,
);
