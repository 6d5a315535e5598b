import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { readBody, readNumberParam, selectRequestedPage, sendJson } from '../http.ts';
import { notFound, validationFailed } from '../http-error.ts';
import { announceEvent } from '../pull/announce.ts';
import { findReviewRefusal } from '../rules/review-rules.ts';
import { findComment, insertComment, listComments } from '../store/comment-store.ts';
import type { CommentRow, PullRow } from '../store/row-schema.ts';
import { toLineCommentJson, toReviewJson } from '../wire/comment.ts';
import { toPullDetailJson } from '../wire/pull.ts';
import { requirePull } from './pull.ts';

const text = z.string().max(65_536);
const lineComment = z.object({
  body: text.min(1),
  path: z.string().min(1),
  line: z.number().int().optional(),
});
const newReview = z.object({
  event: z.enum(['APPROVE', 'REQUEST_CHANGES', 'COMMENT']).default('COMMENT'),
  body: text.nullish(),
  commit_id: z.string().optional(),
  comments: z.array(lineComment).max(100).default([]),
});

const STATE_BY_EVENT = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

/** Adds the routes of reviews and line comments. */
export function addReviewRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/pulls/:number/reviews', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const reviews = selectRequestedPage(c, listComments(context.database, pull, 'review'));
    return sendJson(
      c,
      reviews.map((review) => toReviewJson(context, repository, review)),
    );
  });
  app.post('/repos/:owner/:repo/pulls/:number/reviews', (c) => submitReview(context, c));
  app.put('/repos/:owner/:repo/pulls/:number/reviews/:review/dismissals', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const review = requireComment(context, pull, readNumberParam(c, 'review'));
    context.database.update('comment', review.id, { state: 'DISMISSED' });
    context.database.update('pull', pull.id, { updated_at: context.now() });
    return sendJson(c, toReviewJson(context, repository, requireComment(context, pull, review.id)));
  });
  app.get('/repos/:owner/:repo/pulls/:number/comments', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const comments = selectRequestedPage(c, listComments(context.database, pull, 'line'));
    return sendJson(
      c,
      comments.map((comment) => toLineCommentJson(context, repository, comment)),
    );
  });
  app.post('/repos/:owner/:repo/pulls/:number/comments', (c) => addLineComment(context, c));
}

async function addLineComment(context: ForgeContext, c: Context<ForgeEnv>): Promise<Response> {
  const { repository, pull } = await requirePull(context, c);
  const { body, path, line } = await readBody(c, lineComment);
  const id = insertComment(context.database, pull, {
    kind: 'line',
    author: c.get('caller').login,
    at: context.now(),
    body,
    path,
    line: line ?? null,
  });
  const comment = toLineCommentJson(context, repository, requireComment(context, pull, id));
  announcePullEvent(context, c, pull, 'pull_request_review_comment', {
    action: 'created',
    comment,
  });
  return sendJson(c, comment, 201);
}

async function submitReview(context: ForgeContext, c: Context<ForgeEnv>): Promise<Response> {
  const { repository, pull } = await requirePull(context, c);
  const submitted = await readBody(c, newReview);
  const { event, comments } = submitted;
  const author = c.get('caller').login;
  const body = submitted.body ?? '';
  const refusal = findReviewRefusal({
    event,
    reviewer: author,
    pullAuthor: pull.author,
    body,
    commentCount: comments.length,
  });
  if (refusal !== undefined) throw validationFailed('PullRequestReview', refusal);
  const at = context.now();
  const id = context.database.transaction(() => {
    const review = insertComment(context.database, pull, {
      kind: 'review',
      author,
      at,
      body,
      state: STATE_BY_EVENT[event],
      commit_sha: submitted.commit_id ?? pull.head_sha,
    });
    for (const { line, ...comment } of comments) {
      const values = { kind: 'line', author, at, ...comment, line: line ?? null, review } as const;
      insertComment(context.database, pull, values);
    }
    return review;
  });
  const review = toReviewJson(context, repository, requireComment(context, pull, id));
  announcePullEvent(context, c, pull, 'pull_request_review', {
    action: 'submitted',
    review: { ...review, state: review.state.toLowerCase() },
  });
  return sendJson(c, review);
}

function requireComment(context: ForgeContext, pull: PullRow, id: number): CommentRow {
  const comment = findComment(context.database, pull, id);
  if (comment === undefined) throw notFound();
  return comment;
}

function announcePullEvent(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  pull: PullRow,
  event: string,
  payload: Readonly<Record<string, unknown>>,
): void {
  const repository = c.get('repository');
  const pullRequest = toPullDetailJson(context, repository, pull, null);
  const { login } = c.get('caller');
  announceEvent(context, repository, event, { ...payload, pull_request: pullRequest }, login);
}
