import { expect, onTestFinished, test } from 'vitest';
import { requireCompleteDemo } from '../support/demo/demo-facts.ts';
import { startDemo } from '../support/demo/demo-process.ts';
import { ALL_STEPS, countSteps } from '../support/demo/demo-steps.ts';
import type { ExecutedKill, KillScenario } from '../support/demo/kill-scenario.ts';
import { chooseKillMoments, executeKill, SHORT_LEASES } from '../support/demo/kill-scenario.ts';
import { createTestWorkspace } from '../support/workspace/test-workspace.ts';

// Twenty kills at seeded random moments, five in each of four demos with different ids, order and contents. A third of the
// kills ends every process, a third the supervisor, a third a single component, each during the work of the demo. CRASH_SEED sets the
// seed, CRASH_KILLS the number of kills.

const SEED = Number(process.env.CRASH_SEED ?? 20_262);
const KILL_COUNT = Number(process.env.CRASH_KILLS ?? 20);
/** More kills in one demo would rightly block a task whose attempts were lost too often. */
const MAX_KILLS_PER_DEMO = 5;
const KILL_SCENARIOS: readonly KillScenario[] = ['whole', 'supervisor', 'component'];
const DEMO_MS = 300_000;

const DEMOS = Array.from(
  { length: Math.ceil(KILL_COUNT / MAX_KILLS_PER_DEMO) },
  (_, demoIndex) => ({
    demoIndex,
    first: demoIndex * MAX_KILLS_PER_DEMO,
    count: Math.min(MAX_KILLS_PER_DEMO, KILL_COUNT - demoIndex * MAX_KILLS_PER_DEMO),
  }),
);
const executedKills: ExecutedKill[] = [];

test.each(DEMOS)(
  `the demo completes after $count kills, seed ${SEED} + $demoIndex`,
  async ({ demoIndex, first, count }) => {
    const workspace = await createTestWorkspace();
    onTestFinished(() => workspace.remove());
    const demo = startDemo(workspace, ['--shuffle', String(SEED + demoIndex)], SHORT_LEASES);
    const descriptions: string[] = [];

    for (const moment of chooseKillMoments(SEED + demoIndex, count, KILL_SCENARIOS, first)) {
      const kill = await executeKill(demo, moment);
      executedKills.push(kill);
      descriptions.push(`${moment.afterSteps}: ${kill.target}, ${kill.orphanCount} orphans`);
    }
    await demo.waitUntilDone(DEMO_MS);

    console.log(
      `seed ${SEED + demoIndex}: after step ${descriptions.join('; ')}; of ${ALL_STEPS} steps`,
    );
    expect(countSteps(demo)).toBe(ALL_STEPS);
    expect(descriptions).toHaveLength(count);
    await requireCompleteDemo(demo);
    await demo.close();
  },
  DEMO_MS * 2,
);

// Fewer kills may find no working bridge.
test.runIf(KILL_COUNT >= 20)(
  'each kind of kill took place, and bridges outlived a supervisor',
  () => {
    const countKills = (kind: KillScenario) =>
      executedKills.filter(({ scenario }) => scenario === kind).length;

    for (const kind of KILL_SCENARIOS)
      expect(countKills(kind), kind).toBeGreaterThanOrEqual(Math.floor(KILL_COUNT / 3));
    const orphans = executedKills.reduce((sum, kill) => sum + kill.orphanCount, 0);
    expect(orphans).toBeGreaterThan(0);
  },
);
