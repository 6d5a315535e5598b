import type { AttemptResult } from '../../../core/contract/attempt.ts';
import { type AttemptKey, parseAttemptId } from '../../../core/contract/id.ts';
import type { PlanView } from '../../../core/contract/plan.ts';
import type { By, SimPull, SimRepository } from '../forge/forge-state.ts';
import { reviewsOf } from '../port/forge-port.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import { attemptName, isEnd, readBranch, short, taskId } from './names.ts';

// What was promised to people and to attempts: their word counts, work is bounded, what was kept is gone on from.

/** By then whatever was on its way has arrived. */
const LATE_MS = 300_000;
/** Causes that spend a try of the agent, whatever it did. */
const OWN_FAULTS: readonly string[] = ['agent', 'limit', 'setup'];
/** Causes that spend none. */
const PASSING: readonly string[] = ['provider', 'forge', 'infra'];
/** Attempts that end without a report and were not lost: sent back, merged by hand, told to stop. */
const NOT_LOST = 4;

/** As far as people and bridges saw it. */
export class Promises {
  /** When somebody last ordered something at the API. */
  orderedAt = Number.NEGATIVE_INFINITY;
  /** Tasks, of any run, that a person approved. */
  readonly approved = new Set<string>();
  /** By task: reported failures in a row of the agent's own. */
  readonly failures = new Map<string, number>();
  /** By task: all failures that bridges ever reported and that may spend a try, in time or not. */
  readonly failed = new Map<string, number>();
  /** By task: attempts in a row that never reported. */
  readonly losses = new Map<string, number>();
  /** By task: repairs since a person last meddled with it. */
  readonly repairs = new Map<string, number>();
  /** By task of any run: how often people asked for changes, each of which is repaired whenever it is heard. */
  readonly asked = new Map<string, number>();
  /** Plans that a person was told are rejected. */
  readonly rejected = new Set<string>();
  /** By task: the newest commit that was accepted to go on from. */
  readonly kept = new Map<string, string>();
  /** By task: what people pushed to its branch; that is gone on from, whatever an attempt had beside it. */
  readonly pushed = new Map<string, string[]>();
  /** Plans that a client was told are cancelled: the run, and since when. */
  readonly stopped = new Map<string, { run: number; at: number }>();

  ordered(world: World): void {
    this.orderedAt = world.loop.now;
    this.failures.clear();
    this.losses.clear();
    this.repairs.clear();
  }

  askChanges(plan: string, task: string): void {
    const name = `${plan} ${task}`;
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
  }

  approve(branch: string): void {
    const at = readBranch(branch);
    if (at?.kind === 'task') this.approved.add(`${at.plan} ${at.task}`);
  }

  /** Whether it is heard or not. */
  told(key: AttemptKey, result: AttemptResult): void {
    // What was found wrong of the whole is mended anew.
    if (isMendedAnew(result)) this.failures.delete(taskId(key));
    if (result.outcome === 'done' || PASSING.includes(result.cause)) return;
    const task = `${key.plan} ${key.task}`;
    this.failed.set(task, (this.failed.get(task) ?? 0) + 1);
  }

  reported(key: AttemptKey, result: AttemptResult): void {
    const task = taskId(key);
    if (result.outcome === 'done') {
      this.kept.set(task, result.commit);
    } else if (OWN_FAULTS.includes(result.cause))
      this.failures.set(task, (this.failures.get(task) ?? 0) + 1);
  }

  cancelled(world: World, { id, run }: { id: string; run: number }): void {
    if (this.stopped.get(id)?.run !== run) this.stopped.set(id, { run, at: world.loop.now });
  }

  /** Somebody did something to its pull request: it begins anew. */
  touched(branch: string, by: By): void {
    const at = readBranch(branch);
    if (at?.kind !== 'task') return;
    this.failures.delete(taskId(at));
    if (by.kind === 'person') this.forgive(taskId(at));
  }

  /** A person meddled with it. */
  forgive(task: string): void {
    this.losses.delete(task);
    this.repairs.delete(task);
  }
}

function isMendedAnew(result: AttemptResult): boolean {
  return result.outcome === 'done' || result.cause === 'verify_red' || result.cause === 'conflict';
}

/** Up to `last`, the attempt before: in a row that never reported, though they had pods. */
function lossesOf({ timely, refused, promises }: Judge, task: string, last: string): number {
  if (timely.has(last)) return 0;
  const before = promises.losses.get(task);
  if (refused.has(last)) return before ?? 0;
  return before === undefined ? 0 : before + 1;
}

/** An attempt that nobody has asked a pod for before. */
export function judgeNewPod(judge: Judge, world: World, key: AttemptKey, before: number): void {
  const { promises } = judge;
  const task = taskId(key);
  const failures = promises.failures.get(task) ?? 0;
  const losses = lossesOf(judge, task, attemptName({ ...key, n: before }));
  promises.losses.set(task, losses);
  const { maxLosses } = world.settings.bounds;
  if (losses > maxLosses + NOT_LOST)
    judge.fail(world, `${attemptName(key)} is the next after ${losses} that were lost`);
  if (promises.rejected.has(key.plan))
    judge.fail(world, `${attemptName(key)} is of a plan that was rejected`);
  const isOrdered = world.loop.now - promises.orderedAt < LATE_MS;
  if (failures > world.settings.bounds.maxRetries && !isOrdered)
    judge.fail(world, `${attemptName(key)} is the next after ${failures} that failed`);
  const stopped = promises.stopped.get(key.plan);
  if (stopped !== undefined && key.run <= stopped.run && world.loop.now - stopped.at > LATE_MS)
    judge.fail(world, `${attemptName(key)} began after its run was cancelled`);
}

/** A repair was accepted. */
export function judgeRepair(judge: Judge, world: World, key: AttemptKey): void {
  const task = taskId(key);
  const repairs = (judge.promises.repairs.get(task) ?? 0) + 1;
  judge.promises.repairs.set(task, repairs);
  const asked = judge.promises.asked.get(`${key.plan} ${key.task}`) ?? 0;
  if (repairs > world.settings.bounds.maxRepairs + asked)
    judge.fail(world, `${task} was repaired ${repairs} times, and people asked for ${asked}`);
}

export function judgeStart(judge: Judge, world: World, attemptId: string, start: string): void {
  const key = parseAttemptId(attemptId);
  const plan = key && judge.plans.get(key.plan);
  const kept = key && judge.promises.kept.get(taskId(key));
  if (key === undefined || kept === undefined || isEnd(key.task)) return;
  const repo = plan?.tasks.find((task) => task.id === key.task)?.repo;
  if (repo === undefined) return;
  const { graph } = world.forge.repo(repo);
  const pushed = judge.promises.pushed.get(taskId(key)) ?? [];
  const isTheirs = pushed.some(
    (commit) => graph.isAncestor(commit, start) && !graph.isAncestor(commit, kept),
  );
  if (isTheirs || graph.isAncestor(kept, start)) return;
  judge.fail(
    world,
    `${attemptId} begins at ${short(start)} without ${short(kept)}, which was kept`,
  );
}

/** What people and checks had said of a commit that the engine merges. */
export function judgeConsent(
  judge: Judge,
  world: World,
  repository: SimRepository,
  pull: SimPull,
  { commit, by }: { commit: string; by: By },
): void {
  const { now } = world.loop;
  const check = repository.checks.get(commit);
  if (check !== undefined && (!check.green || check.endsAt > now))
    judge.fail(world, `#${pull.number} was merged although its check was not green`);
  const head = readBranch(pull.head);
  if (head?.kind !== 'task' || isEnd(head.task)) return;
  const { review = false } = judge.plans.get(head.plan) ?? {};
  // With nothing to verify by it is people who look.
  const isUnseen = judge.evidence.every((one) => one.commit !== commit || one.empty);
  if ((review || isUnseen) && !judge.promises.approved.has(`${head.plan} ${head.task}`))
    judge.fail(world, `#${pull.number} was merged, and nobody approved it`);
  const said = pull.reviews.filter((one) => one.authorCanWrite && one.commit === commit).at(-1);
  const readAt = by.kind === 'engine' ? by.readAt(repository.name, reviewsOf(pull.number)) : 0;
  const isHeard = said !== undefined && said.at < Math.max(readAt, now - LATE_MS);
  if (isHeard && said.state === 'changes_requested' && judge.promises.orderedAt < said.at)
    judge.fail(world, `#${pull.number} was merged although changes were asked for`);
}

/** What a plan is said to wait for. Only what bridges reported can have spent an agent's tries. */
export function judgeWaiting(judge: Judge, world: World, view: PlanView): void {
  for (const { for: why, command } of view.waiting) {
    const [, noun, , plan = '', task = ''] = command.split(' ');
    if (noun !== 'task' || !OWN_FAULTS.some((cause) => why.includes(`it failed: ${cause}`)))
      continue;
    const failed = judge.promises.failed.get(`${plan} ${task}`) ?? 0;
    if (failed <= world.settings.bounds.maxRetries)
      judge.fail(world, `${task} of ${plan} was given up after ${failed} failures: ${why}`);
  }
}

/** A task's history as a client reads it. */
export function judgeHistory(
  judge: Judge,
  world: World,
  task: string,
  history: readonly { version: number; from: string; to: string }[],
): void {
  const all = history.toSorted((a, b) => a.version - b.version);
  for (const [place, one] of all.entries()) {
    const before = all[place - 1]?.to ?? 'none';
    if (one.from === before) continue;
    judge.fail(world, `the history of ${task} goes from ${before} to ${one.from} by nothing`);
    return;
  }
}
