import type { PlanWatch } from './actor/api-person.ts';
import { submitPlan, watchPlan } from './actor/api-person.ts';
import { ChangesClient } from './actor/changes-client.ts';
import { visitForge } from './actor/forge-person.ts';
import { causeFocusEvents } from './actor/purposeful-person.ts';
import type { PlainCoverage } from './coverage/coverage.ts';
import { createCoverage, toPlainCoverage } from './coverage/coverage.ts';
import { judgeEnd } from './judge/end-rules.ts';
import { Judge } from './judge/judge.ts';
import { startClock } from './platform.ts';
import { addRepositories, createSimulatedSettings, createSubmissions } from './scenario.ts';
import { runWithParseCache } from './time/parse-once.ts';
import { createRandom } from './time/random.ts';
import type { Interference } from './world.ts';
import { START, World } from './world.ts';

/** Result of a seed. */
export type Outcome = {
  readonly seed: number;
  readonly violations: string[];
  readonly history: string[];
  readonly coverage: PlainCoverage;
  /** Number of events of the virtual clock; a measure of the length of the history. */
  readonly events: number;
};

const MINUTE_MS = 60_000;
/** Virtual time between the end of the faults and the deadline by which every plan must have ended. */
const HEALING_MS = 10 * 60 * MINUTE_MS;
/** Virtual time for the last cleanup. */
const CLEANUP_GRACE_MS = 8 * MINUTE_MS;
/** Virtual time within which the cleanup retries a failed deletion of a branch. */
const CLEANUP_RETRY_MS = 16 * MINUTE_MS;

/**
 * Runs the history of a seed, which determines every event. Do not call this function from a promise callback: the run drains the
 * microtask queue itself, which is impossible inside a microtask.
 */
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
    runWithParseCache(() => runHistory(world, watches, isBroken));
  } catch (error) {
    judge.recordViolation(
      world,
      `the simulation failed with an unexpected error: ${error instanceof Error ? error.stack : error}`,
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
    isOver: false,
    client: new ChangesClient(world, submission.id),
  }));
  const onActorError = createActorErrorHandler(world);
  for (const watch of watches)
    submitPlan(world, watch.submission)
      .then(() => Promise.all([watchPlan(world, watch), watch.client.watchChanges()]))
      .catch(onActorError);
  visitForge(world).catch(onActorError);
  causeFocusEvents(world, world.faults.foci).catch(onActorError);
  startClock(world);
  scheduleCrashes(world);
  return watches;
}

function createActorErrorHandler(world: World): (error: unknown) => void {
  return (error) =>
    world.judge.recordViolation(
      world,
      `an actor or the judge failed with an unexpected error: ${error instanceof Error ? error.stack : error}`,
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
  const areAllPlansOver = (): boolean => watches.every((watch) => watch.isOver);
  const faultsEndAt = START + world.random.between(3, 24) * MINUTE_MS;
  loop.runUntil(faultsEndAt, () => isBroken() || areAllPlansOver());
  world.faults.isActive = false;
  world.recordHistory('faults stop');
  const healingDeadline = loop.now + HEALING_MS;
  loop.runUntil(healingDeadline, () => isBroken() || areAllPlansOver());
  if (isBroken()) return;
  if (!areAllPlansOver()) {
    reportStuckPlans(world, watches);
    return;
  }
  for (const { client } of watches) client.compareWithList().catch(createActorErrorHandler(world));
  const keepMs = world.settings.keepDays * 24 * 60 * MINUTE_MS;
  const willCleanUpBranches = keepMs < 60 * MINUTE_MS;
  const cleanupMs = willCleanUpBranches ? keepMs + CLEANUP_RETRY_MS : 0;
  loop.runUntil(
    Math.max(loop.now, world.forgePausedUntil) + cleanupMs + CLEANUP_GRACE_MS,
    isBroken,
  );
  if (isBroken()) return;
  for (const { submission } of watches)
    world.judge.notices.readStored(world, submission.id).catch(createActorErrorHandler(world));
  loop.runUntil(loop.now + MINUTE_MS, isBroken);
  if (!isBroken()) judgeEnd(world, watches, willCleanUpBranches);
}

function reportStuckPlans(world: World, watches: readonly PlanWatch[]): void {
  for (const { isOver, view, submission } of watches) {
    if (isOver) continue;
    const waiting =
      view?.waiting.map(({ kind, reason }) => `${kind} ${reason ?? ''}`).join('; ') ?? '';
    world.judge.recordViolation(
      world,
      `plan ${submission.id} neither ended nor progressed: ${view?.status} ${JSON.stringify(view?.counts)} waiting for ${waiting || 'nothing'}`,
    );
  }
}
