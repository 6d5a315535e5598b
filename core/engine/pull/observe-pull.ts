import type { Forge, PullRequest } from '../../port/forge.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { resolveTaskBranch, toPullRef } from './task-forge.ts';

/** What a pull request says about its task, apart from reviews and checks; undefined: nothing new. */
export async function observePull(
  deps: EngineDeps,
  forge: Forge,
  base: string,
  task: StoredTask,
  pull: PullRequest,
): Promise<TaskEvent | undefined> {
  const { state } = task;
  if (pull.base !== base && pull.state !== 'closed')
    return { type: 'forge_refused', rule: describeChangedBase(pull, base) };
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? pull.headSha;
    return { type: 'merge_seen', sha, root: sha };
  }
  // A retry is about to open it again.
  if (pull.state === 'closed')
    return state.mustReopenPull === true ? undefined : { type: 'pull_closed' };
  if (state.status === 'failed') return { type: 'pull_reopened' };
  if (state.accepted === undefined || pull.headSha === state.accepted.commit) return undefined;
  // The pull request may lag behind its branch, and the branch is what counts.
  const head = await forge.readBranchHead(state.repo, resolveTaskBranch(deps, state));
  if (head === undefined || head === state.accepted.commit) return undefined;
  if (await isBranchMovePending(forge, state, head)) return undefined;
  const root = await forge.readBranchHead(state.repo, base);
  return { type: 'head_moved', commit: head, root: root ?? head, pull: toPullRef(pull) };
}

/** Only whoever had it go there can say what it is for. */
export function describeChangedBase(pull: PullRequest, base: string): string {
  if (pull.state === 'merged')
    return `pull request #${pull.number} was merged into ${pull.base}, and not into ${base}: a retry opens another`;
  return `pull request #${pull.number} goes to ${pull.base} now, and not to ${base}: change its base back`;
}

/** A result was accepted a moment ago, and its branch has not been moved there yet: nobody else moved it. */
async function isBranchMovePending(forge: Forge, state: TaskState, head: string): Promise<boolean> {
  if (state.status !== 'pr_open' || state.accepted === undefined) return false;
  const { aheadBy } = await forge.compareCommits(state.repo, state.accepted.commit, head);
  return aheadBy === 0;
}
