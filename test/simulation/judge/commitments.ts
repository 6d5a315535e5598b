import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey } from '../../../core/contract/id.ts';
import type { PlanView } from '../../../core/contract/plan.ts';
import type { AttemptKind } from '../../../core/contract/task.ts';
import type { ForgeActor } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import { formatTaskId, parseBranch } from './names.ts';

// Commitments of the platform: commands of people take effect, work is bounded, and new attempts continue from kept commits.

/** Causes that do not count as a failure of the agent. */
const TRANSIENT_CAUSES: readonly string[] = ['provider', 'forge', 'infra'];
/** Finds the end of a forge pause in the text of a plan's condition. */
const PAUSE_END = / no requests until (\S+Z): /;
/** Causes of a failed verification that lead to a repair. */
const VERIFICATION_FAILURES: readonly string[] = ['verify_red', 'conflict'];

/** Commitments, as far as people and bridges observed them. */
export class Commitments {
  /** Epoch milliseconds of the last command at the API. */
  lastCommandAt = Number.NEGATIVE_INFINITY;
  /** Approved tasks, of any run. */
  readonly approvedTasks = new Set<string>();
  /** By task: reported failures of the agent in a row. */
  readonly consecutiveFailures = new Map<string, number>();
  /** By task: all reported failures that may consume a retry, in time or late. */
  readonly totalFailures = new Map<string, number>();
  /** By task: attempts in a row without a report. */
  readonly consecutiveLosses = new Map<string, number>();
  /** By task: repairs since the last intervention of a person. */
  readonly repairCounts = new Map<string, number>();
  /** By task of any run: change requests of people, each of which allows one more repair. */
  readonly changeRequestCounts = new Map<string, number>();
  /** Plans whose rejection was confirmed to a person. */
  readonly rejectedPlans = new Set<string>();
  /** By task: the newest accepted commit, from which the next attempt must continue. */
  readonly keptCommits = new Map<string, string>();
  /** By task: commits pushed by people to its branch, which take precedence over commits of attempts. */
  readonly pushedCommits = new Map<string, string[]>();
  /** Plans a client has seen cancelled, with the run and the time of the first view. */
  readonly cancelledPlans = new Map<string, { readonly run: number; readonly at: number }>();
  /** Plans a client has seen paused by their forge, with the end of the pause and the time of the first view. */
  readonly pausedPlans = new Map<string, { readonly until: number; readonly at: number }>();

  recordCommand(world: World): void {
    this.lastCommandAt = world.loop.now;
    this.consecutiveFailures.clear();
    this.consecutiveLosses.clear();
    this.repairCounts.clear();
    // The command may have ended the pause.
    this.pausedPlans.clear();
  }

  recordChangeRequest(plan: string, task: string): void {
    const name = `${plan} ${task}`;
    this.changeRequestCounts.set(name, (this.changeRequestCounts.get(name) ?? 0) + 1);
  }

  /** Records a report before its delivery. */
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

  /** Clears a rejection before a restart, because the restart may take effect without an answer. */
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

  /** Resets counts of a task after an activity at its pull request. */
  recordPullActivity(branch: string, by: ForgeActor): void {
    const at = parseBranch(branch);
    if (at?.kind !== 'task') return;
    this.consecutiveFailures.delete(formatTaskId(at));
    if (by.kind === 'person') this.resetRetryCounts(formatTaskId(at));
  }

  /** Resets counts of a task after an intervention of a person. */
  resetRetryCounts(task: string): void {
    this.consecutiveLosses.delete(task);
    this.repairCounts.delete(task);
  }
}

/** True for results that reset the count of failures: finished work, or a failed verification that leads to a repair. */
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
