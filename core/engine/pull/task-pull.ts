import { formatRootBranch, formatTaskBranch } from '../../contract/id.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { requirePlanRepository } from '../../plan-state/plan-state.ts';
import type {
  Checks,
  Forge,
  PullRef,
  PullRequest,
  Review,
  ReviewComment,
} from '../../port/forge.ts';
import type { PullText } from '../../pull-text/render-pull.ts';
import { renderTaskPull } from '../../pull-text/render-pull.ts';
import { loadResult, loadTaskDetail } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';

export function resolveForge(
  deps: Pick<EngineDeps, 'forges'>,
  plan: PlanState,
  repo: string,
): Forge {
  return deps.forges[requirePlanRepository(plan, repo).forge];
}

/** Returns the base branch of the task's pull request: the root branch, or the repository's base branch in a simple plan. */
export function resolveBaseBranch(
  deps: Pick<EngineDeps, 'settings'>,
  plan: PlanState,
  task: TaskState,
): string {
  return task.simple
    ? requirePlanRepository(plan, task.repo).base
    : formatRootBranch(deps.settings.prefix, task);
}

/** Returns the part of a pull request that the task stores. */
export function toPullRef({ number, nodeId, url }: PullRequest): PullRef {
  return { number, nodeId, url };
}

export function resolveTaskBranch(deps: Pick<EngineDeps, 'settings'>, task: TaskState): string {
  const endNode =
    task.kind === 'end' ? { firstAttempt: task.accepted?.firstAttempt ?? 0 } : undefined;
  return formatTaskBranch(deps.settings.prefix, task, endNode);
}

/** Builds the title and body of a task's pull request from the store. */
export async function buildTaskPullContent(
  deps: StoreDeps,
  plan: PlanState,
  task: TaskState,
): Promise<PullText> {
  const key = toTaskKey(task);
  const [detail, result] = await Promise.all([
    loadTaskDetail(deps.table, key),
    loadResult(deps.table, { ...key, attemptNumber: task.accepted?.attempt ?? 0 }),
  ]);
  const listedDependencies = (detail?.dependsOn ?? []).slice(0, 64);
  const dependencies = await mapInParallel(listedDependencies, 8, async ({ id }) => {
    const dependency = await loadTask(deps.table, { ...key, task: id });
    const pull = dependency?.state.repo === task.repo ? dependency.state.pull?.number : undefined;
    return { id, pull };
  });
  const repository = requirePlanRepository(plan, task.repo);
  const done = result?.outcome === 'done' ? result : undefined;
  return renderTaskPull({
    plan: { id: plan.id, title: plan.title },
    task: {
      id: task.task,
      title: task.title,
      description:
        detail?.spec.description ??
        task.repair?.detail ??
        'Repair the combined result of the plan so that the verify commands pass.',
      criteria: detail?.spec.criteria ?? [],
      wave: task.wave,
      dependsOn: dependencies,
    },
    simple: task.simple,
    // The evidence of an attempt holds only for the commit of that attempt.
    evidence: done?.commit === task.accepted?.commit ? done?.evidence : undefined,
    summary: done?.summary ?? '',
    workLog: done?.workLog ?? [],
    leftOut: done?.leftOut ?? [],
    flagged: done?.flagged ?? [],
    flagCounts: done?.flagCounts,
    uncommitted: done?.uncommitted ?? [],
    usage: task.usage,
    durationMs: task.startedAt === undefined ? undefined : task.last.at - task.startedAt,
    titlePattern: repository.titlePattern,
    template: repository.pullTemplate,
  });
}

/** Derives an event from the state of a pull request, without reviews and checks; undefined if the task needs no event. */
export async function observePull(
  deps: Pick<EngineDeps, 'settings'>,
  forge: Forge,
  base: string,
  task: StoredTask,
  pull: PullRequest,
): Promise<TaskEvent | undefined> {
  const { state } = task;
  if (pull.base !== base && pull.state !== 'closed')
    return { type: 'forge_refused', reason: describeChangedBase(pull, base) };
  if (pull.state === 'merged') {
    const sha = pull.mergeSha ?? pull.headSha;
    return { type: 'merge_seen', sha, root: sha };
  }
  // After a retry the closed pull request will be reopened.
  if (pull.state === 'closed')
    return state.mustReopenPull === true ? undefined : { type: 'pull_closed' };
  if (state.status === 'failed') return { type: 'pull_reopened' };
  if (state.accepted === undefined || pull.headSha === state.accepted.commit) return undefined;
  // The pull request may show an old head; the branch is authoritative.
  const head = await forge.readBranchHead(state.repo, resolveTaskBranch(deps, state));
  if (head === undefined || head === state.accepted.commit) return undefined;
  if (await isBranchMovePending(forge, state, head)) return undefined;
  const root = await forge.readBranchHead(state.repo, base);
  return { type: 'head_moved', commit: head, root: root ?? head, pull: toPullRef(pull) };
}

/** Describes a changed base branch and the next step of the person who changed the branch. */
export function describeChangedBase(pull: PullRequest, base: string): string {
  if (pull.state === 'merged')
    return `pull request #${pull.number} was merged into ${pull.base} instead of ${base}: retry the task to open another pull request`;
  return `the base branch of pull request #${pull.number} was changed from ${base} to ${pull.base}: change it back to ${base}, then retry the task`;
}

/** Returns true if the branch has not yet moved to the accepted commit; otherwise a person pushed to the branch. */
async function isBranchMovePending(forge: Forge, state: TaskState, head: string): Promise<boolean> {
  if (state.status !== 'pr_open' || state.accepted === undefined) return false;
  const { aheadBy } = await forge.compareCommits(state.repo, state.accepted.commit, head);
  return aheadBy === 0;
}

/** Derives the event of red checks; undefined if no check is red. */
export function buildChecksEvent(checks: Checks): TaskEvent | undefined {
  if (checks.state !== 'red') return undefined;
  const failing = checks.failing.map((check) => `${check.name}: ${check.summary}`).join('\n');
  const detail = `Checks failed:\n${failing}`;
  return {
    type: 'changes_requested',
    repair: { reason: 'check_red', detail, files: [], tasks: [] },
  };
}

/** Maximum age of a comment that still belongs to a later review, milliseconds. */
const COMMENT_WINDOW_MS = 3_600_000;

/**
 * Derives the event of the reviews of a pull request. Only the latest verdict of each reviewer with write permission counts. An
 * objection is about `commit`, or newer than `lastHandled`: an objection to an older commit has been handled by a repair since. Any
 * objection outweighs all approvals, and an approval counts only for the commit that was reviewed.
 *
 * @param lastHandled id of the newest review that led to a repair; 0 if no review did
 * @param commit accepted commit of the task
 */
export function buildReviewEvent(
  reviews: readonly Review[],
  comments: readonly ReviewComment[],
  lastHandled: number,
  commit: string | undefined,
): TaskEvent | undefined {
  const verdicts = listLatestVerdicts(reviews, commit);
  const objections = verdicts.filter(
    (review) =>
      review.state === 'changes_requested' && (review.commit === commit || review.id > lastHandled),
  );
  if (objections.length > 0) return requestChanges(objections, comments, lastHandled);
  const isApproved = verdicts.some(
    (review) => review.state === 'approved' && review.commit === commit,
  );
  return isApproved && commit !== undefined ? { type: 'approved', commit } : undefined;
}

/**
 * Returns true if the event repeats objections whose repair changed nothing. Another repair would change nothing either, so only a
 * person can resolve these objections.
 */
export function repeatsUnchangedRepair(state: TaskState, event: TaskEvent | undefined): boolean {
  return (
    event?.type === 'changes_requested' &&
    state.noChange === true &&
    event.lastHandledReview === state.lastHandledReview
  );
}

/**
 * Lists the latest approval or objection of each reviewer. A dismissal removes the verdict of its author. An approval of another
 * commit does not replace an objection to `commit`.
 */
function listLatestVerdicts(reviews: readonly Review[], commit: string | undefined): Review[] {
  const verdicts = new Map<string, Review>();
  for (const review of reviews) {
    if (!review.authorCanWrite || review.isBot || review.state === 'commented') continue;
    const previous = verdicts.get(review.author);
    const isAboutOtherCommit = review.state === 'approved' && review.commit !== commit;
    const isObjectionKept = previous?.state === 'changes_requested' && previous.commit === commit;
    if (isAboutOtherCommit && isObjectionKept) continue;
    if (review.state === 'dismissed') verdicts.delete(review.author);
    else verdicts.set(review.author, review);
  }
  return [...verdicts.values()];
}

/** Builds the repair that handles all objections, with the comments around them. */
function requestChanges(
  objections: readonly Review[],
  comments: readonly ReviewComment[],
  lastHandled: number,
): TaskEvent {
  const firstAt = Math.min(...objections.map(({ at }) => at));
  const related = comments.filter(
    (comment) =>
      comment.authorCanWrite && !comment.isBot && comment.at >= firstAt - COMMENT_WINDOW_MS,
  );
  const detail = [...objections.map(describeObjection), ...related.map(describeComment)]
    .filter((text) => text !== '')
    .join('\n\n');
  const files = [...new Set(related.flatMap(({ path }) => (path === undefined ? [] : [path])))];
  return {
    type: 'changes_requested',
    repair: { reason: 'changes_requested', detail, files, tasks: [] },
    lastHandledReview: Math.max(lastHandled, ...objections.map(({ id }) => id)),
  };
}

function describeObjection({ author, body }: Review): string {
  return body === '' ? `${author} requested changes.` : `${author} requested changes:\n${body}`;
}

function describeComment({ path, line, body }: ReviewComment): string {
  return path === undefined ? body : `${path}:${line ?? 0}: ${body}`;
}
