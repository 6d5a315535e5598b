import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey, TaskKey } from '../../../core/contract/id.ts';
import type { PlanView } from '../../../core/contract/plan.ts';
import type { AttemptKind } from '../../../core/contract/task.ts';
import type { ForgeActor } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import { formatTaskId, MAX_CALL_DELAY_MS, parseBranch } from './names.ts';

// Commitments of the platform: commands of people take effect, work is bounded, and new attempts continue from saved commits.

/** Causes of a failed attempt that do not count as a failure of the agent. */
const TRANSIENT_CAUSES: readonly string[] = ['provider', 'forge', 'infra'];
/** Finds the end of a pause in the message of a plan's condition `paused_forge`. */
const PAUSE_END = / no requests until (\S+Z): /;
/** Causes of a failed `verify` attempt that lead to a repair. */
const VERIFICATION_FAILURES: readonly string[] = ['verify_red', 'conflict'];

/**
 * Records from which the rules derive the commitments of the platform: commands of people and reports of bridges. "By task" means a key
 * `<plan>.r<run>.<task>` (see `formatTaskId`).
 */
export class Commitments {
  /** Epoch milliseconds of the last command at the API. */
  lastCommandAt = Number.NEGATIVE_INFINITY;
  /** Approvals of people, in any run; `<plan> <task> <commit>`. */
  readonly approvals = new Set<string>();
  /** By `<plan> <task>`: epoch milliseconds of the last approval that named no commit. */
  readonly approvedAt = new Map<string, number>();
  /** By task: epoch milliseconds of the first report that the task contains no change. */
  readonly unchangedAt = new Map<string, number>();
  /** By task: consecutive reported failures of the agent. */
  readonly consecutiveFailures = new Map<string, number>();
  /** By `<plan> <task>`: all reported failures that may consume a retry, also those that the engine rejected. */
  readonly totalFailures = new Map<string, number>();
  /** By task: consecutive attempts without a report. */
  readonly consecutiveLosses = new Map<string, number>();
  /** By task: repairs since the last intervention of a person. */
  readonly repairCounts = new Map<string, number>();
  /** By `<plan> <task>`: change requests of people, each of which allows one more repair. */
  readonly changeRequestCounts = new Map<string, number>();
  /** Plans whose rejection was confirmed to a person. */
  readonly rejectedPlans = new Set<string>();
  /** By task: the newest commit of an accepted checkpoint or result, from which the next attempt must continue. */
  readonly savedCommits = new Map<string, string>();
  /** By task: commits that people pushed to the branch of the task; an attempt may start at such a commit instead. */
  readonly pushedCommits = new Map<string, string[]>();
  /** Plans that a client has read as cancelled, with the run and the epoch milliseconds of the first such read. */
  readonly cancelledPlans = new Map<string, { readonly run: number; readonly at: number }>();
  /** Plans that a client has read as paused by the forge; `until`: end of the pause, `at`: first such read, epoch milliseconds. */
  readonly pausedPlans = new Map<string, { readonly until: number; readonly at: number }>();

  /** Records a command, which may reset any count of the engine. */
  recordCommand(world: World): void {
    this.lastCommandAt = world.loop.now;
    this.consecutiveFailures.clear();
    this.consecutiveLosses.clear();
    this.repairCounts.clear();
    // The command may have ended the pause.
    this.pausedPlans.clear();
  }

  recordChangeRequest(plan: string, task: string): void {
    const taskOfAnyRun = `${plan} ${task}`;
    const count = this.changeRequestCounts.get(taskOfAnyRun) ?? 0;
    this.changeRequestCounts.set(taskOfAnyRun, count + 1);
  }

  /** Records a report before the bridge sends it. */
  recordReport(key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    if (resetsFailures(kind, result)) this.consecutiveFailures.delete(formatTaskId(key));
    if (!consumesRetry(kind, result)) return;
    const taskOfAnyRun = `${key.plan} ${key.task}`;
    this.totalFailures.set(taskOfAnyRun, (this.totalFailures.get(taskOfAnyRun) ?? 0) + 1);
  }

  recordAcceptedResult(key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    const task = formatTaskId(key);
    // A task without changes has no commit from which a later attempt could continue.
    if (result.outcome === 'done' && result.noChange === 'task') this.savedCommits.delete(task);
    else if (result.outcome === 'done') this.recordSavedCommit(key, result.commit);
    if (consumesRetry(kind, result))
      this.consecutiveFailures.set(task, (this.consecutiveFailures.get(task) ?? 0) + 1);
  }

  recordSavedCommit(key: AttemptKey, commit: string): void {
    this.savedCommits.set(formatTaskId(key), commit);
  }

  /** Records an approval, which counts only for `commit`. */
  recordApproval(plan: string, task: string, commit: string): void {
    this.approvals.add(`${plan} ${task} ${commit}`);
  }

  /** Records an approval of a task without a pull request, which names no commit. */
  recordApprovalWithoutCommit(world: World, plan: string, task: string): void {
    this.approvedAt.set(`${plan} ${task}`, world.loop.now);
  }

  /** Records, before the bridge reports it, that a task contains no change. */
  recordUnchanged(world: World, key: AttemptKey): void {
    const task = formatTaskId(key);
    if (!this.unchangedAt.has(task)) this.unchangedAt.set(task, world.loop.now);
  }

  /** Returns true if an attempt reported the task as unchanged, and a person approved the task afterwards. */
  isAcceptedWithoutChange(key: TaskKey): boolean {
    const unchangedAt = this.unchangedAt.get(formatTaskId(key));
    const approvedAt = this.approvedAt.get(`${key.plan} ${key.task}`);
    if (unchangedAt === undefined || approvedAt === undefined) return false;
    // An approval may be on its way while the report arrives.
    return approvedAt >= unchangedAt - MAX_CALL_DELAY_MS;
  }

  recordRejection(plan: string): void {
    this.rejectedPlans.add(plan);
  }

  /** Clears a rejection before the request for a restart, because the restart may take effect although its response is lost. */
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
    const knownPause = this.pausedPlans.get(id);
    const isContinued = knownPause !== undefined && knownPause.until > now;
    if (until > now) this.pausedPlans.set(id, { until, at: isContinued ? knownPause.at : now });
  }

  /** Resets counts of a task after a change of its pull request; `branch` is the head branch. */
  recordPullChange(branch: string, actor: ForgeActor): void {
    const ownedBranch = parseBranch(branch);
    if (ownedBranch?.kind !== 'task') return;
    const task = formatTaskId(ownedBranch);
    this.consecutiveFailures.delete(task);
    if (actor.kind === 'person') this.resetLossesAndRepairs(task);
  }

  /** Resets counts of a task after an intervention of a person. */
  resetLossesAndRepairs(task: string): void {
    this.consecutiveLosses.delete(task);
    this.repairCounts.delete(task);
  }
}

/** Returns true for a result that ends a series of failures: finished work, or a failed verification that leads to a repair. */
function resetsFailures(kind: AttemptKind, result: AttemptResult): boolean {
  return (
    result.outcome === 'done' || (kind === 'verify' && VERIFICATION_FAILURES.includes(result.cause))
  );
}

function consumesRetry(kind: AttemptKind, result: AttemptResult): boolean {
  return (
    result.outcome === 'failed' &&
    !resetsFailures(kind, result) &&
    !TRANSIENT_CAUSES.includes(result.cause)
  );
}
