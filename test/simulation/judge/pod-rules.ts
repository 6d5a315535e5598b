import type { AttemptKey } from '../../../core/contract/id.ts';
import type { PodSpec } from '../../../core/port/launcher.ts';
import type { World } from '../world.ts';
import { isBaseCheck } from './base-rules.ts';
import type { Judge, KnownPlan, KnownTask } from './judge.ts';
import { formatAttemptName, formatRootBranch, formatTaskId } from './names.ts';

/** Judges the request for a pod: its dependencies, overlaps with other tasks, and the caps. */
export function judgePod(judge: Judge, world: World, key: AttemptKey, spec: PodSpec): void {
  if (isBaseCheck(key)) {
    judge.bases.recordCheckPod(spec.labels.repo ?? '', key);
    judgeCaps(judge, world, { id: key.plan, maxParallel: undefined }, spec);
    return;
  }
  const plan = judge.knownPlans.get(key.plan);
  if (plan === undefined) {
    judge.recordViolation(
      world,
      `the engine requested a pod for attempt ${spec.attemptId} of an unknown plan`,
    );
    return;
  }
  judgeOrder(judge, world, plan, key);
  judgeCaps(judge, world, plan, spec);
}

function judgeOrder(judge: Judge, world: World, plan: KnownPlan, key: AttemptKey): void {
  const endNode = plan.endNodes.find(({ id }) => id === key.task);
  const task = plan.tasks.find(({ id }) => id === key.task);
  if (task === undefined && endNode === undefined) {
    judge.recordViolation(
      world,
      `the engine requested a pod for attempt ${formatAttemptName(key)} of an unknown task`,
    );
    return;
  }
  const dependencies = plan.tasks.filter(({ id, repo }) =>
    endNode === undefined ? task?.dependsOn.includes(id) : repo === endNode.repo,
  );
  for (const dependency of dependencies) {
    if (isMerged(judge, world, { ...key, task: dependency.id }, dependency.repo)) continue;
    judge.recordViolation(
      world,
      `attempt ${formatAttemptName(key)} began before its dependency ${dependency.id} was merged`,
    );
  }
  if (task !== undefined) judgeOverlap(judge, world, plan, key, task);
}

/** Judges overlapping scopes: a task must not begin while a started task with an overlapping scope is unmerged. */
function judgeOverlap(
  judge: Judge,
  world: World,
  plan: KnownPlan,
  key: AttemptKey,
  task: KnownTask,
): void {
  for (const other of plan.tasks) {
    if (other === task || other.repo !== task.repo) continue;
    const shared = task.scope.filter((path) => other.scope.includes(path));
    const otherKey = { ...key, task: other.id };
    if (shared.length === 0 || !judge.newestAttempts.has(formatTaskId(otherKey))) continue;
    if (!isMerged(judge, world, otherKey, other.repo))
      judge.recordViolation(
        world,
        `attempt ${formatAttemptName(key)} began before task ${other.id} was merged, which may also change ${shared[0]}`,
      );
  }
}

/**
 * Returns true if the root branch contains a former or present head of the task's branch, or if a person accepted the task without
 * changes.
 */
function isMerged(
  judge: Judge,
  world: World,
  key: { readonly plan: string; readonly run: number; readonly task: string },
  repo: string,
): boolean {
  if (judge.commitments.isAcceptedWithoutChange(key)) return true;
  const repository = world.forge.getRepository(repo);
  const root = repository.branches.get(formatRootBranch(key.plan, key.run));
  if (root === undefined) return false;
  const heads = judge.headsByTask.get(formatTaskId(key)) ?? [];
  return [...heads].some((head) => repository.graph.isAncestor(head, root));
}

function judgeCaps(
  judge: Judge,
  world: World,
  plan: Pick<KnownPlan, 'id' | 'maxParallel'>,
  spec: PodSpec,
): void {
  const { caps } = world.settings;
  const pods = [...judge.requestedPods.values()];
  const planCount = pods.filter((pod) => pod.labels.plan === plan.id).length;
  const repositoryCount = pods.filter((pod) => pod.labels.repo === spec.labels.repo).length;
  const planCap = Math.min(caps.plan, plan.maxParallel ?? caps.plan);
  const names = pods.map((pod) => pod.attemptId).join(', ');
  if (pods.length > caps.system)
    judge.recordViolation(
      world,
      `${pods.length} pods exceed the system cap of ${caps.system}: ${names}`,
    );
  if (planCount > planCap)
    judge.recordViolation(
      world,
      `${planCount} pods exceed the plan cap of ${planCap} in plan ${plan.id}: ${names}`,
    );
  if (repositoryCount > caps.repository)
    judge.recordViolation(
      world,
      `${repositoryCount} pods exceed the repository cap of ${caps.repository} in ${spec.labels.repo}: ${names}`,
    );
}
