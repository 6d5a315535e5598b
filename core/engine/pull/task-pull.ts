import { formatRootBranch, formatTaskBranch } from '../../contract/branch-name.ts';
import { requirePlanRepository } from '../../plan-state/plan-guards.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type {
  Checks,
  Forge,
  PullRef,
  PullRequest,
  Review,
  ReviewComment,
} from '../../port/forge.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import type { EngineDeps } from '../engine-deps.ts';

// Where a task's work lives on its forge.

export function resolveForge(
  deps: Pick<EngineDeps, 'forges'>,
  plan: PlanState,
  repo: string,
): Forge {
  return deps.forges[requirePlanRepository(plan, repo).forge];
}

/** The branch that a task's pull request goes to. */
export function resolveBaseBranch(
  deps: Pick<EngineDeps, 'settings'>,
  plan: PlanState,
  task: TaskState,
): string {
  return task.simple
    ? requirePlanRepository(plan, task.repo).base
    : formatRootBranch(deps.settings.prefix, task);
}

/** What of a pull request is kept with its task. */
export function toPullRef({ number, nodeId, url }: PullRequest): PullRef {
  return { number, nodeId, url };
}

export function resolveTaskBranch(deps: Pick<EngineDeps, 'settings'>, task: TaskState): string {
  const end = task.kind === 'end' ? { begun: task.accepted?.firstAttempt ?? 0 } : undefined;
  return formatTaskBranch(deps.settings.prefix, task, end);
}

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

// What reviews and checks of a pull request ask of its task.

/**
 * Only people with write permission are heard, and only what is newer than what was acted upon, or of this very commit: it
 * may have been taken over from a person after the work on their objection began.
 */
export function buildReviewEvent(
  reviews: readonly Review[],
  comments: readonly ReviewComment[],
  seen: number,
  commit: string | undefined,
): TaskEvent | undefined {
  const heard = reviews.filter(
    (one) => (one.id > seen || one.commit === commit) && one.authorCanWrite && !one.isBot,
  );
  const decisive = heard
    .filter((one) => one.state === 'changes_requested' || one.state === 'approved')
    .at(-1);
  if (decisive === undefined) return undefined;
  if (decisive.state === 'approved')
    return decisive.commit === commit ? { type: 'approved' } : undefined;
  const said = comments.filter(
    (one) => one.authorCanWrite && !one.isBot && one.at >= decisive.at - 3_600_000,
  );
  const lines = said.map((one) =>
    one.path === undefined ? one.body : `${one.path}:${one.line ?? 0}: ${one.body}`,
  );
  const detail = [decisive.body, ...lines].filter((line) => line !== '').join('\n\n');
  const files = [...new Set(said.flatMap((one) => (one.path === undefined ? [] : [one.path])))];
  return {
    type: 'changes_requested',
    repair: {
      reason: 'changes_requested',
      detail: detail || 'Changes were requested without a comment.',
      files,
      tasks: [],
    },
    lastHandledReview: decisive.id,
  };
}

export function buildChecksEvent(checks: Checks): TaskEvent | undefined {
  if (checks.state !== 'red') return undefined;
  const failing = checks.failing.map((check) => `${check.name}: ${check.summary}`).join('\n');
  const detail = `Checks failed:\n${failing}`;
  return {
    type: 'changes_requested',
    repair: { reason: 'check_red', detail, files: [], tasks: [] },
  };
}
