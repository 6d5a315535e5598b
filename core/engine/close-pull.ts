import { isAppError } from '../error.ts';
import { type StoredTask, taskKeyOf } from '../store/task-store.ts';
import { requirePlan } from './apply-plan.ts';
import { applyTask } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';
import { forgeOf } from './promote.ts';

/** Work that was stopped keeps its branch; its pull request is closed, unless it was merged first. */
export async function closePull(deps: EngineDeps, task: StoredTask): Promise<void> {
  const { state } = task;
  if (state.pull === undefined || state.status !== 'cancelled') return;
  const forge = forgeOf(deps, (await requirePlan(deps, state.plan)).state, state.repo);
  try {
    const pull = await forge.pull(state.repo, state.pull.number);
    if (pull.state === 'merged') {
      const sha = pull.mergeSha ?? pull.headSha;
      await applyTask(
        deps,
        taskKeyOf(state),
        { type: 'merge_seen', sha, root: sha },
        { actor: 'forge' },
      );
    }
    if (pull.state === 'open') await forge.closePull(state.repo, state.pull.number);
  } catch (error) {
    if (!isAppError(error, 'notFound')) throw error;
  }
}
