import { type AttemptKey, parseAttemptId } from '../../../core/contract/id.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';
import { attemptName, isEnd, LATE_MS, short, taskId } from './names.ts';

// When another attempt may begin, and from which commit.

/** Attempts that end without a report and were not lost: sent back by a check, merged by hand, told to stop. */
const NOT_LOST = 4;

/** Up to `last`, the attempt before: in a row that never reported, though they had pods. */
function lossesOf({ timely, refused, commitments }: Judge, task: string, last: string): number {
  if (timely.has(last)) return 0;
  const before = commitments.losses.get(task);
  if (refused.has(last)) return before ?? 0;
  return before === undefined ? 0 : before + 1;
}

/** An attempt that nobody has asked a pod for before. */
export function judgeNewPod(judge: Judge, world: World, key: AttemptKey, before: number): void {
  const { commitments } = judge;
  const task = taskId(key);
  const failures = commitments.failures.get(task) ?? 0;
  const losses = lossesOf(judge, task, attemptName({ ...key, n: before }));
  commitments.losses.set(task, losses);
  const { maxLosses } = world.settings.bounds;
  if (losses > maxLosses + NOT_LOST)
    judge.fail(world, `${attemptName(key)} is the next after ${losses} that were lost`);
  if (commitments.rejected.has(key.plan))
    judge.fail(world, `${attemptName(key)} is of a plan that was rejected`);
  const isOrdered = world.loop.now - commitments.orderedAt < LATE_MS;
  if (failures > world.settings.bounds.maxRetries && !isOrdered)
    judge.fail(world, `${attemptName(key)} is the next after ${failures} that failed`);
  const stopped = commitments.stopped.get(key.plan);
  if (stopped !== undefined && key.run <= stopped.run && world.loop.now - stopped.at > LATE_MS)
    judge.fail(world, `${attemptName(key)} began after its run was cancelled`);
  const held = commitments.held.get(key.plan);
  if (held !== undefined && world.loop.now < held.until && world.loop.now - held.at > LATE_MS)
    judge.fail(world, `${attemptName(key)} began while its forge was said to refuse`);
}

/** A repair was accepted. */
export function judgeRepair(judge: Judge, world: World, key: AttemptKey): void {
  const task = taskId(key);
  const repairs = (judge.commitments.repairs.get(task) ?? 0) + 1;
  judge.commitments.repairs.set(task, repairs);
  const asked = judge.commitments.asked.get(`${key.plan} ${key.task}`) ?? 0;
  if (repairs > world.settings.bounds.maxRepairs + asked)
    judge.fail(world, `${task} was repaired ${repairs} times, and people asked for ${asked}`);
}

export function judgeStart(judge: Judge, world: World, attemptId: string, start: string): void {
  const key = parseAttemptId(attemptId);
  const plan = key && judge.plans.get(key.plan);
  const kept = key && judge.commitments.kept.get(taskId(key));
  if (key === undefined || kept === undefined || isEnd(key.task)) return;
  const repo = plan?.tasks.find((task) => task.id === key.task)?.repo;
  if (repo === undefined) return;
  const { graph } = world.forge.repo(repo);
  const pushed = judge.commitments.pushed.get(taskId(key)) ?? [];
  const isTheirs = pushed.some(
    (commit) => graph.isAncestor(commit, start) && !graph.isAncestor(commit, kept),
  );
  if (isTheirs || graph.isAncestor(kept, start)) return;
  judge.fail(
    world,
    `${attemptId} begins at ${short(start)} without ${short(kept)}, which was kept`,
  );
}
