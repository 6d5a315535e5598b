import type { PlanWatch } from './actor/api-person.ts';
import { submitPlan, watchPlan } from './actor/api-person.ts';
import { ChangesClient } from './actor/changes-client.ts';
import { visitForge } from './actor/forge-person.ts';
import { pursueFoci } from './actor/purposeful-person.ts';
import type { PlainCoverage } from './coverage/coverage.ts';
import { createCoverage, toPlainCoverage } from './coverage/coverage.ts';
import { judgeEnd } from './judge/end-rules.ts';
import { Judge } from './judge/judge.ts';
import { startClock } from './platform.ts';
import { addRepositories, createSimulatedSettings, createSubmissions } from './scenario.ts';
import { runWithParseOnce } from './time/parse-once.ts';
import { createRandom } from './time/random.ts';
import type { Interference } from './world.ts';
import { START, World } from './world.ts';

export type Outcome = {
  readonly seed: number;
  readonly violations: string[];
  readonly history: string[];
  readonly coverage: PlainCoverage;
  readonly events: number;
};

const MINUTE_MS = 60_000;
/** From the end of all faults until every plan must have come to its end. */
const HEALING_MS = 10 * 60 * MINUTE_MS;
/** For what is swept up last. */
const SWEEP_GRACE_MS = 8 * MINUTE_MS;
/** A branch that the forge would not delete is tried again by then. */
const SWEEP_RETRY_MS = 16 * MINUTE_MS;

/** One history. Everything in it follows from the seed. Must be called outside of promises: it runs to its end at once. */
export function runSeed(
  seed: number,
  options: { readonly keepHistory?: boolean; readonly interference?: Interference } = {},
): Outcome {
  const judge = new Judge();
  const coverage = createCoverage();
  const keepHistory = options.keepHistory ?? false;
  const settings = createSimulatedSettings(createRandom(seed + 7_000_003));
  const world = new World(seed, settings, {
    judge,
    coverage,
    interference: options.interference,
    keepHistory,
  });
  const watches = startActors(world);
  const isBroken = (): boolean => judge.violations.length > 0;
  try {
    runWithParseOnce(() => runHistory(world, watches, isBroken));
  } catch (error) {
    judge.recordViolation(
      world,
      `the simulation broke: ${error instanceof Error ? error.stack : error}`,
    );
  }
  for (const [kind, times] of world.faults.counts) coverage.faults.set(kind, times);
  return {
    seed,
    violations: judge.violations,
    history: world.history ?? [],
    coverage: toPlainCoverage(coverage),
    events: world.loop.events,
  };
}

type ClientWatch = PlanWatch & { readonly client: ChangesClient };

function startActors(world: World): ClientWatch[] {
  const watches = createSubmissions(world, addRepositories(world)).map((submission) => ({
    submission,
    over: false,
    client: new ChangesClient(world, submission.id),
  }));
  const failed = createGiveUpHandler(world);
  for (const watch of watches)
    submitPlan(world, watch.submission)
      .then(() => Promise.all([watchPlan(world, watch), watch.client.watchChanges()]))
      .catch(failed);
  visitForge(world).catch(failed);
  pursueFoci(world, world.faults.foci).catch(failed);
  startClock(world);
  scheduleCrashes(world);
  return watches;
}

function createGiveUpHandler(world: World): (error: unknown) => void {
  return (error) =>
    world.judge.recordViolation(
      world,
      `a person gave up: ${error instanceof Error ? error.stack : error}`,
    );
}

function scheduleCrashes(world: World): void {
  world.loop.schedule(world.random.between(30_000, 5 * MINUTE_MS), () => {
    if (!world.faults.isActive) return;
    if (world.faults.drawFault('platform_crash'))
      world.crashPlatform(world.random.between(1_000, 4 * MINUTE_MS));
    scheduleCrashes(world);
  });
}

function runHistory(world: World, watches: readonly ClientWatch[], isBroken: () => boolean): void {
  const { loop } = world;
  const isOver = (): boolean => watches.every((watch) => watch.over);
  const bad = START + world.random.between(3, 24) * MINUTE_MS;
  loop.runUntil(bad, () => isBroken() || isOver());
  world.faults.isActive = false;
  world.recordHistory('faults stop');
  const limit = loop.now + HEALING_MS;
  loop.runUntil(limit, () => isBroken() || isOver());
  if (isBroken()) return;
  if (!isOver()) {
    reportStuckPlans(world, watches);
    return;
  }
  for (const { client } of watches) client.compareWithList().catch(createGiveUpHandler(world));
  const keepMs = world.settings.keepDays * 24 * 60 * MINUTE_MS;
  const isSwept = keepMs < 60 * MINUTE_MS;
  const sweptMs = isSwept ? keepMs + SWEEP_RETRY_MS : 0;
  loop.runUntil(Math.max(loop.now, world.forgePausedUntil) + sweptMs + SWEEP_GRACE_MS, isBroken);
  if (!isBroken()) judgeEnd(world, watches, isSwept);
}

function reportStuckPlans(world: World, watches: readonly PlanWatch[]): void {
  for (const { over, view, submission } of watches) {
    if (over) continue;
    const waiting =
      view?.waiting.map(({ kind, reason }) => `${kind} ${reason ?? ''}`).join('; ') ?? '';
    world.judge.recordViolation(
      world,
      `plan ${submission.id} neither ended nor went on: ${view?.status} ${JSON.stringify(view?.counts)} waiting for ${waiting || 'nothing'}`,
    );
  }
}
