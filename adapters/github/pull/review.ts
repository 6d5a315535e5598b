import type { RepoName, Review, ReviewComment } from '../../../core/port/forge.ts';
import type { Connection } from '../create-connection.ts';
import { createWritePermissionCheck } from './create-write-permission-check.ts';

const PAGE = 100;
/** Those of them may write whom the forge says so of: being a member or a collaborator alone may mean to read only. */
const POSSIBLE_WRITERS = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

const REVIEW_STATES: Readonly<Record<string, Review['state']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
};

type PullReviews = { readonly reviews: Review[]; readonly comments: ReviewComment[] };

/** A function that reads reviews; it remembers who may write. */
export function createReviewsReader(
  connection: Connection,
): (repo: RepoName, number: number) => Promise<PullReviews> {
  const mayWrite = createWritePermissionCheck(connection);
  return async (repo, number) => {
    const { reviews, comments } = await readReviews(connection, repo, number);
    const authors = new Set(
      [...reviews, ...comments].filter((each) => each.authorCanWrite).map((each) => each.author),
    );
    const writers = new Set<string>();
    for (const author of authors) if (await mayWrite(repo, author)) writers.add(author);
    const judge = <T extends Review | ReviewComment>(each: T): T => ({
      ...each,
      authorCanWrite: each.authorCanWrite && writers.has(each.author),
    });
    return { reviews: reviews.map(judge), comments: comments.map(judge) };
  };
}

/** `authorCanWrite`: as far as these answers tell. */
async function readReviews(
  connection: Connection,
  repo: RepoName,
  number: number,
): Promise<PullReviews> {
  return connection.callForge(
    `read the reviews of ${repo}#${number}`,
    repo,
    async (octokit, id) => {
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

function readAuthor(remark: WireComment) {
  const isBot = remark.user?.type === 'Bot';
  return {
    id: Number(remark.id),
    author: remark.user?.login ?? 'ghost',
    authorCanWrite: POSSIBLE_WRITERS.has(remark.author_association ?? '') && !isBot,
    isBot,
    body: remark.body ?? '',
  };
}

/** Nothing for one that its author has not handed in yet. */
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
      ...readAuthor(review),
      state,
      commit: review.commit_id ?? '',
      at: Date.parse(review.submitted_at ?? '') || 0,
    },
  ];
}

function toComment(comment: WireComment & { readonly created_at: string }): ReviewComment {
  return { ...readAuthor(comment), at: Date.parse(comment.created_at) };
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
  await connection.callForge(`comment on ${repo}#${number}`, repo, (octokit, id) =>
    octokit.rest.issues.createComment({ ...id, issue_number: number, body }),
  );
}
