import type { PlanWatch } from './actor/api-person.ts';
import { submitPlan, watchPlan } from './actor/api-person.ts';
import { ChangesClient } from './actor/changes-client.ts';
import { visitForge } from './actor/forge-person.ts';
import { causeFocusTransitions } from './actor/purposeful-person.ts';
import type { PlainCoverage } from './coverage/coverage.ts';
import { createCoverage, toPlainCoverage } from './coverage/coverage.ts';
import { judgeEnd } from './judge/end-rules.ts';
import { Judge } from './judge/judge.ts';
import { startClock } from './platform.ts';
import {
  addRepositories,
  createSimulatedSettings,
  createSubmissions,
  drawBudget,
} from './scenario.ts';
import { runWithParseCache } from './time/parse-once.ts';
import { createRandom } from './time/random.ts';
import type { Interference } from './world.ts';
import { SEED_START_MS, World } from './world.ts';

/** Result of a seed; `history` is empty unless the options ask for it. */
export type Outcome = {
  readonly seed: number;
  readonly violations: string[];
  readonly history: string[];
  readonly coverage: PlainCoverage;
  /** Number of events of the virtual clock; a measure of the length of the history. */
  readonly eventCount: number;
};

const MINUTE_MS = 60_000;
const DISMISSAL_SEED_OFFSET = 2_000_029;
const BUDGET_SEED_OFFSET = 2_000_081;
/** Virtual time after the end of the faults within which every plan must end. */
const RECOVERY_MS = 10 * 60 * MINUTE_MS;
/** Virtual time for the removal of pods and other cleanup after the end of all plans. */
const CLEANUP_GRACE_MS = 8 * MINUTE_MS;
/** Virtual time within which the cleanup retries a failed deletion of a branch. */
const CLEANUP_RETRY_MS = 16 * MINUTE_MS;

/**
 * Runs the history of a seed; the seed alone determines every event. Do not call this function from a promise callback: the run drains
 * the microtask queue itself, which is impossible inside a microtask.
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
  const watches = startActors(world, seed);
  const hasViolation = (): boolean => judge.violations.length > 0;
  try {
    runWithParseCache(() => runHistory(world, watches, hasViolation));
  } catch (error) {
    judge.recordViolation(
      world,
      `the simulation failed with an unexpected error: ${error instanceof Error ? error.stack : error}`,
    );
  }
  for (const [kind, count] of world.faults.counts) coverage.faults.set(kind, count);
  return {
    seed,
    violations: judge.violations,
    history: world.history ?? [],
    coverage: toPlainCoverage(coverage),
    eventCount: world.loop.eventCount,
  };
}

type ClientWatch = PlanWatch & { readonly client: ChangesClient };

function startActors(world: World, seed: number): ClientWatch[] {
  // A separate generator keeps the histories of all seeds in which no plan is dismissed.
  const dismissals = createRandom(seed + DISMISSAL_SEED_OFFSET);
  const budgets = createRandom(seed + BUDGET_SEED_OFFSET);
  const watches = createSubmissions(world, addRepositories(world)).map((submission) => ({
    submission: drawBudget(submission, budgets),
    isDismissed: dismissals.chance(0.1),
    isOver: false,
    client: new ChangesClient(world, submission.id),
  }));
  const onActorError = createActorErrorHandler(world);
  for (const watch of watches)
    submitPlan(world, watch.submission)
      .then(() => Promise.all([watchPlan(world, watch), watch.client.watchChanges()]))
      .catch(onActorError);
  visitForge(world).catch(onActorError);
  causeFocusTransitions(world, world.faults.focusTransitions).catch(onActorError);
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

/** Lets the whole platform crash now and then while faults are active. */
function scheduleCrashes(world: World): void {
  world.loop.schedule(world.random.between(30_000, 5 * MINUTE_MS), () => {
    if (!world.faults.isActive) return;
    if (world.faults.drawFault('platform_crash'))
      world.crashPlatform(world.random.between(1_000, 4 * MINUTE_MS));
    scheduleCrashes(world);
  });
}

function runHistory(
  world: World,
  watches: readonly ClientWatch[],
  hasViolation: () => boolean,
): void {
  const { loop } = world;
  const areAllPlansOver = (): boolean => watches.every((watch) => watch.isOver);
  const faultsEndAt = SEED_START_MS + world.random.between(3, 24) * MINUTE_MS;
  loop.runUntil(faultsEndAt, () => hasViolation() || areAllPlansOver());
  world.faults.isActive = false;
  world.recordHistory('the faults stop');
  const recoveryDeadline = loop.now + RECOVERY_MS;
  loop.runUntil(recoveryDeadline, () => hasViolation() || areAllPlansOver());
  if (hasViolation()) return;
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
    hasViolation,
  );
  if (hasViolation()) return;
  for (const { submission } of watches)
    world.judge.notices
      .readStoredNotices(world, submission.id)
      .catch(createActorErrorHandler(world));
  loop.runUntil(loop.now + MINUTE_MS, hasViolation);
  if (!hasViolation()) judgeEnd(world, watches, willCleanUpBranches);
}

function reportStuckPlans(world: World, watches: readonly PlanWatch[]): void {
  for (const { isOver, view, submission } of watches) {
    if (isOver) continue;
    const waiting =
      view?.waiting.map(({ kind, reason }) => `${kind} ${reason ?? ''}`).join('; ') ?? '';
    world.judge.recordViolation(
      world,
      `plan ${submission.id} did not end after the faults had stopped: its status is ${view?.status}, its tasks are ${JSON.stringify(view?.counts)}, and it waits for ${waiting || 'nothing'}`,
    );
  }
}
