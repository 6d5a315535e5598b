import type { Review, ReviewComment } from '../../port/forge.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';

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
