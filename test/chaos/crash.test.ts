import { expect, onTestFinished, test } from 'vitest';
import { requireCompleteDemo } from '../support/demo/demo-facts.ts';
import { startDemo } from '../support/demo/demo-process.ts';
import { ALL_STEPS, countSteps } from '../support/demo/demo-steps.ts';
import type { ExecutedKill, KillScenario } from '../support/demo/kill-scenario.ts';
import { chooseKillMoments, executeKill, SHORT_LEASES } from '../support/demo/kill-scenario.ts';
import { createTestWorkspace } from '../support/workspace/test-workspace.ts';

// Kills processes of the demo at random moments: twenty kills by default, five in each of four demos with different ids, order and
// contents, two over each kind of store. A third of the kills ends every process, a third only the supervisor, and a third a single component. CRASH_SEED sets the seed,
// CRASH_KILLS the number of kills.

const SEED = Number(process.env.CRASH_SEED ?? 20_262);
const KILL_COUNT = Number(process.env.CRASH_KILLS ?? 20);
/** With more kills in a demo, the engine would block a task whose attempts were lost too often. */
const MAX_KILLS_PER_DEMO = 5;
const KILL_SCENARIOS: readonly KillScenario[] = ['whole', 'supervisor', 'component'];
const DEMO_TIMEOUT_MS = 300_000;

const DEMOS = Array.from(
  { length: Math.ceil(KILL_COUNT / MAX_KILLS_PER_DEMO) },
  (_, demoIndex) => ({
    demoIndex,
    firstKillIndex: demoIndex * MAX_KILLS_PER_DEMO,
    store: demoIndex % 2 === 0 ? 'embedded' : 'dynamodb',
    killCount: Math.min(MAX_KILLS_PER_DEMO, KILL_COUNT - demoIndex * MAX_KILLS_PER_DEMO),
  }),
);
const executedKills: ExecutedKill[] = [];

test.each(DEMOS)(
  `the demo completes after $killCount kills (seed ${SEED} + $demoIndex, store $store)`,
  async ({ demoIndex, firstKillIndex, killCount, store }) => {
    const workspace = await createTestWorkspace();
    onTestFinished(() => workspace.remove());
    const demo = startDemo(workspace, ['--shuffle', String(SEED + demoIndex)], {
      ...SHORT_LEASES,
      STORE: store,
    });
    const descriptions: string[] = [];

    for (const moment of chooseKillMoments(
      SEED + demoIndex,
      killCount,
      KILL_SCENARIOS,
      firstKillIndex,
    )) {
      const kill = await executeKill(demo, moment);
      executedKills.push(kill);
      descriptions.push(
        `${moment.afterSteps}: killed ${kill.target}, which left ${kill.orphanCount} running bridges`,
      );
    }
    await demo.waitUntilDone(DEMO_TIMEOUT_MS);

    console.log(
      `seed ${SEED + demoIndex}, kills after the given number of ${ALL_STEPS} steps: ${descriptions.join('; ')}`,
    );
    expect(countSteps(demo)).toBe(ALL_STEPS);
    expect(descriptions).toHaveLength(killCount);
    await requireCompleteDemo(demo);
    await demo.close();
  },
  DEMO_TIMEOUT_MS * 2,
);

// With fewer kills, no kill may hit the supervisor while a bridge works.
test.runIf(KILL_COUNT >= 20)(
  'each kind of kill took place, and bridges kept running after the kill of a supervisor',
  () => {
    const countKills = (kind: KillScenario) =>
      executedKills.filter(({ scenario }) => scenario === kind).length;

    for (const kind of KILL_SCENARIOS)
      expect(countKills(kind), kind).toBeGreaterThanOrEqual(Math.floor(KILL_COUNT / 3));
    const orphans = executedKills.reduce((sum, kill) => sum + kill.orphanCount, 0);
    expect(orphans).toBeGreaterThan(0);
  },
);
