import { type AttemptKey, formatAttemptId } from '../../contract/id.ts';
import { limitsOf, type PlanState } from '../../lifecycle/plan-state.ts';
import type { PodSpec } from '../../port/launcher.ts';
import { shortHash } from '../../store/short-hash.ts';
import { loadDetail, type TaskDetail } from '../../store/task-detail.ts';
import type { TaskState } from '../../task/state.ts';
import { repositoryOf } from '../apply-plan.ts';
import type { EngineDeps } from '../deps.ts';

/** An interactive session that nobody ends is begun again after a day, with its conversation. */
const SESSION_MS = 24 * 3_600_000;

/** At most 63 characters: a DNS label. */
export function podName(key: AttemptKey): string {
  const name = `sg-${key.plan}-r${key.run}-${key.task}-${key.n}`;
  if (name.length <= 63) return name;
  return `${name.slice(0, 54)}-${shortHash(name).toString(36)}`;
}

export async function podSpec(
  deps: EngineDeps,
  plan: PlanState,
  task: TaskState,
  n: number,
  known?: TaskDetail,
): Promise<PodSpec> {
  const key: AttemptKey = { plan: task.plan, run: task.run, task: task.task, n };
  const attemptId = formatAttemptId(key);
  const detail = known ?? (await loadDetail(deps.table, task));
  const limits = limitsOf(plan, detail?.spec.limits ?? {}, deps.settings.limits);
  // Set-up, verification and the push come on top of the agent's time, and so does waiting for people.
  const waitingMs = detail?.spec.interactive === true ? SESSION_MS : 0;
  const deadline = deps.clock.now() + limits.maxMinutes * 60_000 + 30 * 60_000 + waitingMs;
  return {
    name: podName(key),
    attemptId,
    apiUrl: deps.settings.apiUrl,
    token: await deps.attemptToken(attemptId, deadline),
    deadline,
    labels: {
      plan: key.plan,
      run: String(key.run),
      task: key.task,
      attempt: String(n),
      repo: task.repo,
    },
    resources: repositoryOf(plan, task.repo).resources,
  };
}
