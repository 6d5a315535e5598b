import type { RepoName, Review, ReviewComment } from '../../core/port/forge.ts';
import type { Connection } from './connection.ts';

const PAGE = 100;
/** The associations that come with write permission. */
const WRITERS = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

const STATES: Readonly<Record<string, Review['state']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
};

export async function readReviews(
  connection: Connection,
  repo: RepoName,
  number: number,
): Promise<{ reviews: Review[]; comments: ReviewComment[] }> {
  return connection.call(`read the reviews of ${repo}#${number}`, repo, async (octokit, id) => {
    const onPull = { ...id, pull_number: number, per_page: PAGE };
    const onIssue = { ...id, issue_number: number, per_page: PAGE };
    const [reviews, onLines, onWhole] = await Promise.all([
      octokit.paginate(octokit.rest.pulls.listReviews, onPull),
      octokit.paginate(octokit.rest.pulls.listReviewComments, onPull),
      octokit.paginate(octokit.rest.issues.listComments, onIssue),
    ]);
    const comments = [
      ...onWhole.map(toComment),
      ...onLines.map((comment) => ({
        ...toComment(comment),
        path: comment.path,
        ...(typeof comment.line === 'number' && { line: comment.line }),
      })),
    ];
    return {
      reviews: reviews.flatMap(toReview).sort(byTime),
      comments: comments.sort(byTime),
    };
  });
}

type Remark = {
  id: number;
  user?: { login: string; type: string } | null;
  author_association?: string;
  body?: string | null;
};

function authorOf(remark: Remark) {
  return {
    id: Number(remark.id),
    author: remark.user?.login ?? 'ghost',
    authorCanWrite: WRITERS.has(remark.author_association ?? ''),
    isBot: remark.user?.type === 'Bot',
    body: remark.body ?? '',
  };
}

/** Nothing for one that its author has not handed in yet. */
function toReview(
  review: Remark & { state: string; commit_id: string | null; submitted_at?: string },
): Review[] {
  const state = STATES[review.state];
  if (state === undefined) return [];
  return [
    {
      ...authorOf(review),
      state,
      commit: review.commit_id ?? '',
      at: Date.parse(review.submitted_at ?? '') || 0,
    },
  ];
}

function toComment(comment: Remark & { created_at: string }): ReviewComment {
  return { ...authorOf(comment), at: Date.parse(comment.created_at) };
}

function byTime(a: { at: number; id: number }, b: { at: number; id: number }): number {
  return a.at - b.at || a.id - b.id;
}

export async function postComment(
  connection: Connection,
  repo: RepoName,
  number: number,
  body: string,
): Promise<void> {
  await connection.call(`comment on ${repo}#${number}`, repo, (octokit, id) =>
    octokit.rest.issues.createComment({ ...id, issue_number: number, body }),
  );
}
