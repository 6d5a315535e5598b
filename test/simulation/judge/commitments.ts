import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey } from '../../../core/contract/id.ts';
import type { PlanView } from '../../../core/contract/plan.ts';
import type { AttemptKind } from '../../../core/contract/task.ts';
import type { By } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import { formatTaskId, readBranch } from './names.ts';

// What people and attempts were promised, and have been told: their word counts, work is bounded, what was kept is gone on from.

/** Causes that spend no try of the agent. */
const TRANSIENT_CAUSES: readonly string[] = ['provider', 'forge', 'infra'];
/** In the words of a plan's condition. */
const PAUSE_END = / refuses until (\S+Z): /;
/** What a verification finds wrong of the whole. */
const VERIFICATION_FAILURES: readonly string[] = ['verify_red', 'conflict'];

/** As far as people and bridges saw it. */
export class Commitments {
  /** When somebody last ordered something at the API. */
  lastOrderAt = Number.NEGATIVE_INFINITY;
  /** Tasks, of any run, that a person approved. */
  readonly approvedTasks = new Set<string>();
  /** By task: reported failures in a row of the agent's own. */
  readonly consecutiveFailures = new Map<string, number>();
  /** By task: all failures that bridges ever reported and that may spend a try, in time or not. */
  readonly totalFailures = new Map<string, number>();
  /** By task: attempts in a row that never reported. */
  readonly consecutiveLosses = new Map<string, number>();
  /** By task: repairs since a person last meddled with it. */
  readonly repairCounts = new Map<string, number>();
  /** By task of any run: how often people asked for changes, each of which is repaired whenever it is heard. */
  readonly changeRequestCounts = new Map<string, number>();
  /** Plans that a person was told are rejected. */
  readonly rejectedPlans = new Set<string>();
  /** By task: the newest commit that was accepted to go on from. */
  readonly keptCommits = new Map<string, string>();
  /** By task: what people pushed to its branch; that is gone on from, whatever an attempt had beside it. */
  readonly pushedCommits = new Map<string, string[]>();
  /** Plans that a client was told are cancelled: the run, and since when. */
  readonly cancelledPlans = new Map<string, { readonly run: number; readonly at: number }>();
  /** Plans that a client was told wait for their forge: until when, and since when that is said. */
  readonly pausedPlans = new Map<string, { readonly until: number; readonly at: number }>();

  recordOrder(world: World): void {
    this.lastOrderAt = world.loop.now;
    this.consecutiveFailures.clear();
    this.consecutiveLosses.clear();
    this.repairCounts.clear();
    // It may have been to ask the forge again at once.
    this.pausedPlans.clear();
  }

  recordChangeRequest(plan: string, task: string): void {
    const name = `${plan} ${task}`;
    this.changeRequestCounts.set(name, (this.changeRequestCounts.get(name) ?? 0) + 1);
  }

  /** Whether it is heard or not. */
  recordReport(key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    if (isNewStart(kind, result)) this.consecutiveFailures.delete(formatTaskId(key));
    if (!consumesRetry(kind, result)) return;
    const task = `${key.plan} ${key.task}`;
    this.totalFailures.set(task, (this.totalFailures.get(task) ?? 0) + 1);
  }

  recordAcceptedResult(key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    const task = formatTaskId(key);
    if (result.outcome === 'done') this.recordKeptCommit(key, result.commit);
    if (consumesRetry(kind, result))
      this.consecutiveFailures.set(task, (this.consecutiveFailures.get(task) ?? 0) + 1);
  }

  recordKeptCommit(key: AttemptKey, commit: string): void {
    this.keptCommits.set(formatTaskId(key), commit);
  }

  recordApproval(plan: string, task: string): void {
    this.approvedTasks.add(`${plan} ${task}`);
  }

  recordRejection(plan: string): void {
    this.rejectedPlans.add(plan);
  }

  /** A restart may have been heard although nobody answered. */
  clearRejection(plan: string): void {
    this.rejectedPlans.delete(plan);
  }

  recordCancellation(
    world: World,
    { id, run }: { readonly id: string; readonly run: number },
  ): void {
    if (this.cancelledPlans.get(id)?.run !== run)
      this.cancelledPlans.set(id, { run, at: world.loop.now });
  }

  recordForgePause(world: World, { id, conditions }: Pick<PlanView, 'id' | 'conditions'>): void {
    const { now } = world.loop;
    const pause = conditions.find((condition) => condition.code === 'paused_forge');
    const until = Date.parse(PAUSE_END.exec(pause?.message ?? '')?.[1] ?? '');
    const known = this.pausedPlans.get(id);
    const isKnown = known !== undefined && known.until > now;
    if (until > now) this.pausedPlans.set(id, { until, at: isKnown ? known.at : now });
  }

  /** Somebody did something to its pull request: it begins anew. */
  recordPullActivity(branch: string, by: By): void {
    const at = readBranch(branch);
    if (at?.kind !== 'task') return;
    this.consecutiveFailures.delete(formatTaskId(at));
    if (by.kind === 'person') this.resetRetryCounts(formatTaskId(at));
  }

  /** A person meddled with it. */
  resetRetryCounts(task: string): void {
    this.consecutiveLosses.delete(task);
    this.repairCounts.delete(task);
  }
}

/** Work that is done, or found wrong as a whole and to be mended, begins anew. */
function isNewStart(kind: AttemptKind, result: AttemptResult): boolean {
  return (
    result.outcome === 'done' || (kind === 'verify' && VERIFICATION_FAILURES.includes(result.cause))
  );
}

function consumesRetry(kind: AttemptKind, result: AttemptResult): boolean {
  return (
    result.outcome === 'failed' &&
    !isNewStart(kind, result) &&
    !TRANSIENT_CAUSES.includes(result.cause)
  );
}
