import { type PlanWatch, submit, watchPlan } from './actor/api-person.ts';
import { ChangesClient } from './actor/changes-client.ts';
import { visitForge } from './actor/forge-person.ts';
import { pursue } from './actor/purposeful-person.ts';
import { createCoverage, type PlainCoverage, plainCoverage } from './coverage/coverage.ts';
import { judgeEnd } from './judge/end-rules.ts';
import { Judge } from './judge/judge.ts';
import { startClock } from './platform.ts';
import { addRepositories, makeSubmissions, simulatedSettings } from './scenario.ts';
import { withParseOnce } from './time/parse-once.ts';
import { createRandom } from './time/random.ts';
import { type Interference, START, World } from './world.ts';

export type Outcome = {
  seed: number;
  violations: string[];
  history: string[];
  coverage: PlainCoverage;
  events: number;
};

const MINUTE = 60_000;
/** From the end of all faults until every plan must have come to its end. */
const HEALING_MS = 10 * 60 * MINUTE;
/** For what is swept up last. */
const AFTERWARDS_MS = 8 * MINUTE;
/** A branch that the forge would not delete is tried again by then. */
const SWEPT_AGAIN_MS = 16 * MINUTE;

/** One history. Everything in it follows from the seed. Must be called outside of promises: it runs to its end at once. */
export function runSeed(
  seed: number,
  options: { keepHistory?: boolean; interference?: Interference } = {},
): Outcome {
  const judge = new Judge();
  const coverage = createCoverage();
  const keepHistory = options.keepHistory ?? false;
  const settings = simulatedSettings(createRandom(seed + 7_000_003));
  const world = new World(seed, settings, {
    judge,
    coverage,
    interference: options.interference,
    keepHistory,
  });
  const watches = begin(world);
  const isBroken = (): boolean => judge.violations.length > 0;
  try {
    withParseOnce(() => live(world, watches, isBroken));
  } catch (error) {
    judge.fail(world, `the simulation broke: ${error instanceof Error ? error.stack : error}`);
  }
  for (const [kind, times] of world.faults.counts) coverage.faults.set(kind, times);
  return {
    seed,
    violations: judge.violations,
    history: world.history ?? [],
    coverage: plainCoverage(coverage),
    events: world.loop.events,
  };
}

type Watch = PlanWatch & { client: ChangesClient };

function begin(world: World): Watch[] {
  const watches = makeSubmissions(world, addRepositories(world)).map((submission) => ({
    submission,
    over: false,
    client: new ChangesClient(world, submission.id),
  }));
  const failed = gaveUp(world);
  for (const watch of watches)
    submit(world, watch.submission)
      .then(() => Promise.all([watchPlan(world, watch), watch.client.watch()]))
      .catch(failed);
  visitForge(world).catch(failed);
  pursue(world, world.faults.foci).catch(failed);
  startClock(world);
  crashNowAndThen(world);
  return watches;
}

function gaveUp(world: World): (error: unknown) => void {
  return (error) =>
    world.judge.fail(world, `a person gave up: ${error instanceof Error ? error.stack : error}`);
}

function crashNowAndThen(world: World): void {
  world.loop.after(world.random.between(30_000, 5 * MINUTE), () => {
    if (!world.faults.active) return;
    if (world.faults.happens('platform_crash'))
      world.crashPlatform(world.random.between(1_000, 4 * MINUTE));
    crashNowAndThen(world);
  });
}

function live(world: World, watches: readonly Watch[], isBroken: () => boolean): void {
  const { loop } = world;
  const isOver = (): boolean => watches.every((watch) => watch.over);
  const bad = START + world.random.between(3, 24) * MINUTE;
  loop.run(bad, () => isBroken() || isOver());
  world.faults.active = false;
  world.tell('faults stop');
  const limit = loop.now + HEALING_MS;
  loop.run(limit, () => isBroken() || isOver());
  if (isBroken()) return;
  if (!isOver()) {
    tellStuck(world, watches);
    return;
  }
  for (const { client } of watches) client.compare().catch(gaveUp(world));
  const keepMs = world.settings.keepDays * 24 * 60 * MINUTE;
  const isSwept = keepMs < 60 * MINUTE;
  const sweptMs = isSwept ? keepMs + SWEPT_AGAIN_MS : 0;
  loop.run(Math.max(loop.now, world.pausedUntil) + sweptMs + AFTERWARDS_MS, isBroken);
  if (!isBroken()) judgeEnd(world, watches, isSwept);
}

function tellStuck(world: World, watches: readonly PlanWatch[]): void {
  for (const { over, view, submission } of watches) {
    if (over) continue;
    const waiting = view?.waiting.map((one) => one.for).join('; ') ?? '';
    world.judge.fail(
      world,
      `plan ${submission.id} neither ended nor went on: ${view?.status} ${JSON.stringify(view?.counts)} waiting for ${waiting || 'nothing'}`,
    );
  }
}
