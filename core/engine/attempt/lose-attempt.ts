import { countUsage } from '../../store/plan-store.ts';
import { loadAttempt } from '../../store/task-detail.ts';
import { type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import { applyTask } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';

/** The live attempt of `task` will never report: what its last heartbeat said that it used is counted all the same. */
export async function loseAttempt(
  deps: EngineDeps,
  task: StoredTask,
  why: string,
  actor: string,
): Promise<void> {
  const n = task.state.current?.n;
  if (n === undefined) return;
  const key = taskKeyOf(task.state);
  const heard = (await loadAttempt(deps.table, { ...key, n }))?.usage;
  const event = { type: 'attempt_lost' as const, n, why, heard };
  const applied = await applyTask(deps, key, event, { actor, loaded: task });
  if (applied.kind !== 'changed' || heard === undefined) return;
  const tokens = heard.inputTokens + heard.outputTokens;
  if (tokens > 0) await countUsage(deps.table, key.plan, tokens, heard.usd ?? 0);
}
