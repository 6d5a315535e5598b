import type { AttemptKey } from '../../contract/id.ts';
import { formatAttemptId } from '../../contract/id.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { resolveLimits } from '../../plan-state/plan-state.ts';
import type { PodSpec } from '../../port/launcher.ts';
import { hashText } from '../../store/hash-text.ts';
import type { TaskDetail } from '../../store/task-detail-store.ts';
import { loadTaskDetail } from '../../store/task-detail-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { requirePlanRepository } from '../apply/apply-plan.ts';
import type { EngineDeps } from '../engine-deps.ts';

/** An interactive session that nobody ends is begun again after a day, with its conversation. */
const INTERACTIVE_SESSION_MS = 24 * 3_600_000;

/** At most 63 characters: a DNS label. */
export function formatPodName(key: AttemptKey): string {
  const name = `sg-${key.plan}-r${key.run}-${key.task}-${key.n}`;
  if (name.length <= 63) return name;
  return `${name.slice(0, 54)}-${hashText(name).toString(36)}`;
}

export async function buildPodSpec(
  deps: EngineDeps,
  plan: PlanState,
  task: TaskState,
  n: number,
  known?: TaskDetail,
): Promise<PodSpec> {
  const key: AttemptKey = { plan: task.plan, run: task.run, task: task.task, n };
  const attemptId = formatAttemptId(key);
  const detail = known ?? (await loadTaskDetail(deps.table, task));
  const limits = resolveLimits(plan, detail?.spec.limits ?? {}, deps.settings.limits);
  // Set-up, verification and the push come on top of the agent's time, and so does waiting for people.
  const waitingMs = detail?.spec.interactive === true ? INTERACTIVE_SESSION_MS : 0;
  const deadline = deps.clock.now() + limits.maxMinutes * 60_000 + 30 * 60_000 + waitingMs;
  return {
    name: formatPodName(key),
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
    resources: requirePlanRepository(plan, task.repo).resources,
  };
}
