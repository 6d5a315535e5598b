import type { Checks, Review, ReviewComment } from '../../port/forge.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';

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
