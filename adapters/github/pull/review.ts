import type { RepoName, Review, ReviewComment } from '../../../core/port/forge.ts';
import type { Connection } from '../create-connection.ts';
import { createWritePermissionCheck } from './create-write-permission-check.ts';

const PAGE_SIZE = 100;
/** GitHub's author associations that can include write permission. Authors with another association need no permission check. */
const POSSIBLE_WRITERS = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

const REVIEW_STATES: Readonly<Record<string, Review['state']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
};

type PullReviews = { readonly reviews: Review[]; readonly comments: ReviewComment[] };

/** Creates a function that reads reviews and comments, and checks the write permission of their authors. */
export function createReviewsReader(
  connection: Connection,
): (repo: RepoName, number: number) => Promise<PullReviews> {
  const hasWritePermission = createWritePermissionCheck(connection);
  return async (repo, number) => {
    const { reviews, comments } = await readReviews(connection, repo, number);
    const authors = new Set(
      [...reviews, ...comments]
        .filter((entry) => entry.authorCanWrite)
        .map((entry) => entry.author),
    );
    const writers = new Set<string>();
    for (const author of authors) if (await hasWritePermission(repo, author)) writers.add(author);
    const confirmAuthor = <T extends Review | ReviewComment>(entry: T): T => ({
      ...entry,
      authorCanWrite: entry.authorCanWrite && writers.has(entry.author),
    });
    return { reviews: reviews.map(confirmAuthor), comments: comments.map(confirmAuthor) };
  };
}

/** Reads reviews and comments; `authorCanWrite` is only a guess from the association of the author. */
async function readReviews(
  connection: Connection,
  repo: RepoName,
  number: number,
): Promise<PullReviews> {
  return connection.callForge(
    `read the reviews of ${repo}#${number}`,
    repo,
    async (octokit, repoParams) => {
      const onPull = { ...repoParams, pull_number: number, per_page: PAGE_SIZE };
      const onIssue = { ...repoParams, issue_number: number, per_page: PAGE_SIZE };
      const [reviews, lineComments, pullComments] = await Promise.all([
        octokit.paginate(octokit.rest.pulls.listReviews, onPull),
        octokit.paginate(octokit.rest.pulls.listReviewComments, onPull),
        octokit.paginate(octokit.rest.issues.listComments, onIssue),
      ]);
      const comments = [
        ...pullComments.map(toComment),
        ...lineComments.map((comment) => ({
          ...toComment(comment),
          path: comment.path,
          ...(typeof comment.line === 'number' && { line: comment.line }),
        })),
      ];
      return {
        reviews: reviews.flatMap(toReview).sort(compareByTime),
        comments: comments.sort(compareByTime),
      };
    },
  );
}

type WireComment = {
  readonly id: number;
  readonly user?: { readonly login: string; readonly type: string } | null;
  readonly author_association?: string;
  readonly body?: string | null;
};

function readCommonFields(comment: WireComment) {
  const isBot = comment.user?.type === 'Bot';
  return {
    id: Number(comment.id),
    author: comment.user?.login ?? 'ghost',
    authorCanWrite: POSSIBLE_WRITERS.has(comment.author_association ?? '') && !isBot,
    isBot,
    body: comment.body ?? '',
  };
}

/** Converts a review; returns an empty list for a review that is not submitted yet. */
function toReview(
  review: WireComment & {
    readonly state: string;
    readonly commit_id: string | null;
    readonly submitted_at?: string;
  },
): Review[] {
  const state = REVIEW_STATES[review.state];
  if (state === undefined) return [];
  return [
    {
      ...readCommonFields(review),
      state,
      commit: review.commit_id ?? '',
      at: Date.parse(review.submitted_at ?? '') || 0,
    },
  ];
}

function toComment(comment: WireComment & { readonly created_at: string }): ReviewComment {
  return { ...readCommonFields(comment), at: Date.parse(comment.created_at) };
}

function compareByTime(
  a: { readonly at: number; readonly id: number },
  b: { readonly at: number; readonly id: number },
): number {
  return a.at - b.at || a.id - b.id;
}

export async function postComment(
  connection: Connection,
  repo: RepoName,
  number: number,
  body: string,
): Promise<void> {
  await connection.callForge(`comment on ${repo}#${number}`, repo, (octokit, repoParams) =>
    octokit.rest.issues.createComment({ ...repoParams, issue_number: number, body }),
  );
}
