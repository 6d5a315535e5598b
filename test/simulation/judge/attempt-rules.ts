import type { AttemptKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import { formatAttemptName, formatTaskId, isEndTask, LATE_MS, shortenSha } from './names.ts';

// Rules for the start of attempts: their number, and their first commit.

/** Allowance for attempts without a report that were not lost: sent back by a check, merged by hand, or stopped. */
const MAX_OTHER_UNREPORTED_ENDS = 4;

/** Counts the attempts in a row, up to `last`, with a pod and without a report. */
function countLosses(
  { timelyReports, refusedAttempts, commitments }: Judge,
  task: string,
  last: string,
): number {
  if (timelyReports.has(last)) return 0;
  const countBefore = commitments.consecutiveLosses.get(task);
  if (refusedAttempts.has(last)) return countBefore ?? 0;
  return countBefore === undefined ? 0 : countBefore + 1;
}

/** Judges the first pod request of an attempt. `before` is the number of the previous attempt. */
export function judgeNewPod(judge: Judge, world: World, key: AttemptKey, before: number): void {
  const { commitments } = judge;
  const task = formatTaskId(key);
  const failures = commitments.consecutiveFailures.get(task) ?? 0;
  const losses = countLosses(judge, task, formatAttemptName({ ...key, attemptNumber: before }));
  commitments.consecutiveLosses.set(task, losses);
  const { maxLosses } = world.settings.bounds;
  if (losses > maxLosses + MAX_OTHER_UNREPORTED_ENDS)
    judge.recordViolation(
      world,
      `${formatAttemptName(key)} began after ${losses} lost attempts in a row`,
    );
  if (commitments.rejectedPlans.has(key.plan))
    judge.recordViolation(world, `${formatAttemptName(key)} belongs to a rejected plan`);
  const isCommanded = world.loop.now - commitments.lastCommandAt < LATE_MS;
  if (failures > world.settings.bounds.maxRetries && !isCommanded)
    judge.recordViolation(
      world,
      `${formatAttemptName(key)} began after ${failures} failed attempts in a row`,
    );
  const cancellation = commitments.cancelledPlans.get(key.plan);
  if (
    cancellation !== undefined &&
    key.run <= cancellation.run &&
    world.loop.now - cancellation.at > LATE_MS
  )
    judge.recordViolation(world, `${formatAttemptName(key)} began after its run was cancelled`);
  const pause = commitments.pausedPlans.get(key.plan);
  if (pause !== undefined && world.loop.now < pause.until && world.loop.now - pause.at > LATE_MS)
    judge.recordViolation(
      world,
      `${formatAttemptName(key)} began while its plan reported a pause of its forge`,
    );
}

/** Judges an accepted repair against the limit of repairs per task. */
export function judgeRepair(judge: Judge, world: World, key: AttemptKey): void {
  const task = formatTaskId(key);
  const repairs = (judge.commitments.repairCounts.get(task) ?? 0) + 1;
  judge.commitments.repairCounts.set(task, repairs);
  const requestedCount = judge.commitments.changeRequestCounts.get(`${key.plan} ${key.task}`) ?? 0;
  if (repairs > world.settings.bounds.maxRepairs + requestedCount)
    judge.recordViolation(
      world,
      `${task} was repaired ${repairs} times; people requested ${requestedCount} repairs`,
    );
}

export function judgeStart(judge: Judge, world: World, attemptId: string, start: string): void {
  const key = parseAttemptId(attemptId);
  const plan = key && judge.knownPlans.get(key.plan);
  const kept = key && judge.commitments.keptCommits.get(formatTaskId(key));
  if (key === undefined || kept === undefined || isEndTask(key.task)) return;
  const repo = plan?.tasks.find((task) => task.id === key.task)?.repo;
  if (repo === undefined) return;
  const { graph } = world.forge.getRepository(repo);
  const pushed = judge.commitments.pushedCommits.get(formatTaskId(key)) ?? [];
  const isPushedByPerson = pushed.some(
    (commit) => graph.isAncestor(commit, start) && !graph.isAncestor(commit, kept),
  );
  if (isPushedByPerson || graph.isAncestor(kept, start)) return;
  judge.recordViolation(
    world,
    `${attemptId} starts at ${shortenSha(start)} without the kept commit ${shortenSha(kept)}`,
  );
}
