import type { AttemptKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import { formatAttemptName, formatTaskId, isEndTask, LATE_MS, shortenSha } from './names.ts';

// When another attempt may begin, and from which commit.

/** Attempts that end without a report and were not lost: sent back by a check, merged by hand, told to stop. */
const MAX_OTHER_UNREPORTED_ENDS = 4;

/** Up to `last`, the attempt before: in a row that never reported, though they had pods. */
function countLosses(
  { timelyReports, refusedAttempts, commitments }: Judge,
  task: string,
  last: string,
): number {
  if (timelyReports.has(last)) return 0;
  const before = commitments.consecutiveLosses.get(task);
  if (refusedAttempts.has(last)) return before ?? 0;
  return before === undefined ? 0 : before + 1;
}

/** An attempt that nobody has asked a pod for before. */
export function judgeNewPod(judge: Judge, world: World, key: AttemptKey, before: number): void {
  const { commitments } = judge;
  const task = formatTaskId(key);
  const failures = commitments.consecutiveFailures.get(task) ?? 0;
  const losses = countLosses(judge, task, formatAttemptName({ ...key, n: before }));
  commitments.consecutiveLosses.set(task, losses);
  const { maxLosses } = world.settings.bounds;
  if (losses > maxLosses + MAX_OTHER_UNREPORTED_ENDS)
    judge.recordViolation(
      world,
      `${formatAttemptName(key)} is the next after ${losses} that were lost`,
    );
  if (commitments.rejectedPlans.has(key.plan))
    judge.recordViolation(world, `${formatAttemptName(key)} is of a plan that was rejected`);
  const isOrdered = world.loop.now - commitments.lastOrderAt < LATE_MS;
  if (failures > world.settings.bounds.maxRetries && !isOrdered)
    judge.recordViolation(
      world,
      `${formatAttemptName(key)} is the next after ${failures} that failed`,
    );
  const stopped = commitments.cancelledPlans.get(key.plan);
  if (stopped !== undefined && key.run <= stopped.run && world.loop.now - stopped.at > LATE_MS)
    judge.recordViolation(world, `${formatAttemptName(key)} began after its run was cancelled`);
  const held = commitments.pausedPlans.get(key.plan);
  if (held !== undefined && world.loop.now < held.until && world.loop.now - held.at > LATE_MS)
    judge.recordViolation(
      world,
      `${formatAttemptName(key)} began while its forge was said to refuse`,
    );
}

/** A repair was accepted. */
export function judgeRepair(judge: Judge, world: World, key: AttemptKey): void {
  const task = formatTaskId(key);
  const repairs = (judge.commitments.repairCounts.get(task) ?? 0) + 1;
  judge.commitments.repairCounts.set(task, repairs);
  const asked = judge.commitments.changeRequestCounts.get(`${key.plan} ${key.task}`) ?? 0;
  if (repairs > world.settings.bounds.maxRepairs + asked)
    judge.recordViolation(
      world,
      `${task} was repaired ${repairs} times, and people asked for ${asked}`,
    );
}

export function judgeStart(judge: Judge, world: World, attemptId: string, start: string): void {
  const key = parseAttemptId(attemptId);
  const plan = key && judge.knownPlans.get(key.plan);
  const kept = key && judge.commitments.keptCommits.get(formatTaskId(key));
  if (key === undefined || kept === undefined || isEndTask(key.task)) return;
  const repo = plan?.tasks.find((task) => task.id === key.task)?.repo;
  if (repo === undefined) return;
  const { graph } = world.forge.repo(repo);
  const pushed = judge.commitments.pushedCommits.get(formatTaskId(key)) ?? [];
  const isTheirs = pushed.some(
    (commit) => graph.isAncestor(commit, start) && !graph.isAncestor(commit, kept),
  );
  if (isTheirs || graph.isAncestor(kept, start)) return;
  judge.recordViolation(
    world,
    `${attemptId} begins at ${shortenSha(start)} without ${shortenSha(kept)}, which was kept`,
  );
}
