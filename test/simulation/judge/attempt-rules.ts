import type { AttemptKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import {
  formatAttemptName,
  formatTaskId,
  isEndTask,
  MAX_CALL_DELAY_MS,
  shortenSha,
} from './names.ts';

// Rules for the start of an attempt: the number of earlier attempts, and the commit at which the attempt starts.

/**
 * An attempt may also end without a report although it was not lost: for example, a person merged the pull request or stopped the
 * attempt. The judge cannot tell the causes apart and therefore allows this number of attempts in addition to the limit of losses.
 */
const MAX_UNREPORTED_BUT_NOT_LOST = 4;

/** Counts the consecutive attempts without a report in time, up to and including `lastAttempt`. */
function countLosses(
  { attemptsReportedInTime, refusedAttempts, commitments }: Judge,
  task: string,
  lastAttempt: string,
): number {
  if (attemptsReportedInTime.has(lastAttempt)) return 0;
  const countBefore = commitments.consecutiveLosses.get(task);
  if (refusedAttempts.has(lastAttempt)) return countBefore ?? 0;
  // Without a count, the last attempt was the first of the task, or a command has reset the count since.
  return countBefore === undefined ? 0 : countBefore + 1;
}

/** Judges the first pod request of an attempt; `previousNumber` is the number of the previous attempt, 0 for none. */
export function judgeNewPod(
  judge: Judge,
  world: World,
  key: AttemptKey,
  previousNumber: number,
): void {
  const { commitments } = judge;
  const { maxLostAttempts, maxRetries } = world.settings.bounds;
  const attempt = `attempt ${formatAttemptName(key)}`;
  const task = formatTaskId(key);
  const failures = commitments.consecutiveFailures.get(task) ?? 0;
  const losses = countLosses(
    judge,
    task,
    formatAttemptName({ ...key, attemptNumber: previousNumber }),
  );
  commitments.consecutiveLosses.set(task, losses);
  if (losses > maxLostAttempts + MAX_UNREPORTED_BUT_NOT_LOST)
    judge.recordViolation(
      world,
      `${attempt} began after ${losses} lost attempts in a row; the limit is ${maxLostAttempts}`,
    );
  if (commitments.rejectedPlans.has(key.plan))
    judge.recordViolation(world, `${attempt} began although its plan was rejected`);
  // A command may have restarted the count of failures shortly before.
  const followsCommand = world.loop.now - commitments.lastCommandAt < MAX_CALL_DELAY_MS;
  if (failures > maxRetries && !followsCommand)
    judge.recordViolation(
      world,
      `${attempt} began after ${failures} failed attempts in a row; the limit of retries is ${maxRetries}`,
    );
  const cancellation = commitments.cancelledPlans.get(key.plan);
  if (
    cancellation !== undefined &&
    key.run <= cancellation.run &&
    world.loop.now - cancellation.at > MAX_CALL_DELAY_MS
  )
    judge.recordViolation(world, `${attempt} began after its run was cancelled`);
  const pause = commitments.pausedPlans.get(key.plan);
  if (
    pause !== undefined &&
    world.loop.now < pause.until &&
    world.loop.now - pause.at > MAX_CALL_DELAY_MS
  )
    judge.recordViolation(
      world,
      `${attempt} began although its plan showed a pause requested by the forge`,
    );
}

/** Judges an accepted repair against the limit of repairs; each change request of a person allows one more. */
export function judgeRepair(judge: Judge, world: World, key: AttemptKey): void {
  const task = formatTaskId(key);
  const repairs = (judge.commitments.repairCounts.get(task) ?? 0) + 1;
  judge.commitments.repairCounts.set(task, repairs);
  const { maxRepairs } = world.settings.bounds;
  const requestedCount = judge.commitments.changeRequestCounts.get(`${key.plan} ${key.task}`) ?? 0;
  if (repairs > maxRepairs + requestedCount)
    judge.recordViolation(
      world,
      `task ${task} was repaired ${repairs} times; the limit is ${maxRepairs}, and people requested changes ${requestedCount} times`,
    );
}

/** Judges the commit `start` of an attempt, which must contain the last saved commit of the task. */
export function judgeStartCommit(
  judge: Judge,
  world: World,
  attemptId: string,
  start: string,
): void {
  const key = parseAttemptId(attemptId);
  const plan = key && judge.knownPlans.get(key.plan);
  const saved = key && judge.commitments.savedCommits.get(formatTaskId(key));
  if (key === undefined || saved === undefined || isEndTask(key.task)) return;
  const repo = plan?.tasks.find((task) => task.id === key.task)?.repo;
  if (repo === undefined) return;
  const { graph } = world.forge.getRepository(repo);
  const pushed = judge.commitments.pushedCommits.get(formatTaskId(key)) ?? [];
  const containsNewPush = pushed.some(
    (commit) => graph.isAncestor(commit, start) && !graph.isAncestor(commit, saved),
  );
  if (containsNewPush || graph.isAncestor(saved, start)) return;
  judge.recordViolation(
    world,
    `attempt ${attemptId} starts at commit ${shortenSha(start)} without the saved commit ${shortenSha(saved)} of an earlier attempt`,
  );
}
