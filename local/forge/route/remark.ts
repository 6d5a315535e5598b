import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { Caller, ForgeContext, ForgeEnv } from '../forge-context.ts';
import { json, numberParam, readBody, takePageOfAll } from '../http.ts';
import { invalid, notFound } from '../problem.ts';
import { announce } from '../pull/announce.ts';
import type { PullRow, RemarkRow } from '../store/row-schema.ts';
import { remarkRow } from '../store/row-schema.ts';
import { wireLabel, wireOnePull } from '../wire/pull.ts';
import { wireComment, wireLineComment, wireReview } from '../wire/remark.ts';
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
const labelNames = z.union([
  z.object({ labels: z.array(z.string().min(1).max(50)).max(100) }),
  z.array(z.string().min(1).max(50)).transform((labels) => ({ labels })),
]);

const STATES = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' };

export function addReviewRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/pulls/:number/reviews', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const reviews = takePageOfAll(c, listRemarks(context, pull, 'review'));
    return json(
      c,
      reviews.map((review) => wireReview(context, repository, review)),
    );
  });
  app.post('/repos/:owner/:repo/pulls/:number/reviews', (c) => postReview(context, c));
  app.put('/repos/:owner/:repo/pulls/:number/reviews/:review/dismissals', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const review = getRemark(context, pull, numberParam(c, 'review'));
    context.rows.change('remark', review.id, { state: 'DISMISSED' });
    context.rows.change('pull', pull.id, { updated_at: context.now() });
    return json(c, wireReview(context, repository, getRemark(context, pull, review.id)));
  });
  app.get('/repos/:owner/:repo/pulls/:number/comments', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const comments = takePageOfAll(c, listRemarks(context, pull, 'line'));
    return json(
      c,
      comments.map((comment) => wireLineComment(context, repository, comment)),
    );
  });
  app.post('/repos/:owner/:repo/pulls/:number/comments', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const { body, path, line } = await readBody(c, lineComment);
    const comment = addRemark(context, pull, c.get('caller'), 'line', {
      body,
      path,
      line: line ?? null,
    });
    const wire = wireLineComment(context, repository, comment);
    announceRemark(context, c, pull, 'pull_request_review_comment', {
      action: 'created',
      comment: wire,
    });
    return json(c, wire, 201);
  });
}

async function postReview(context: ForgeContext, c: Context<ForgeEnv>): Promise<Response> {
  const { repository, pull } = await requirePull(context, c);
  const { event, body, commit_id, comments } = await readBody(c, newReview);
  const caller = c.get('caller');
  requireReviewable(pull, caller, event, body ?? '', comments.length);
  const review = context.rows.together(() => {
    const added = addRemark(context, pull, caller, 'review', {
      body: body ?? '',
      state: STATES[event],
      commit_sha: commit_id ?? pull.head_sha,
    });
    for (const { body: words, path, line } of comments) {
      const place = { body: words, path, line: line ?? null, review: added.id };
      addRemark(context, pull, caller, 'line', place);
    }
    return added;
  });
  const wire = wireReview(context, repository, review);
  announceRemark(context, c, pull, 'pull_request_review', {
    action: 'submitted',
    review: { ...wire, state: wire.state.toLowerCase() },
  });
  return json(c, wire);
}

function requireReviewable(
  pull: PullRow,
  caller: Caller,
  event: string,
  body: string,
  comments: number,
): void {
  if (event !== 'COMMENT' && pull.author === caller.login) {
    const verb = event === 'APPROVE' ? 'approve' : 'request changes on';
    throw invalid('PullRequestReview', { message: `Can not ${verb} your own pull request` });
  }
  if (event !== 'APPROVE' && body === '' && comments === 0) {
    throw invalid('PullRequestReview', { field: 'body', code: 'missing_field' });
  }
}

export function addIssueRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/issues/:number/comments', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const comments = takePageOfAll(c, listRemarks(context, pull, 'comment'));
    return json(
      c,
      comments.map((comment) => wireComment(context, repository, comment)),
    );
  });
  app.post('/repos/:owner/:repo/issues/:number/comments', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const { body } = await readBody(c, z.object({ body: text.min(1) }));
    const wire = wireComment(
      context,
      repository,
      addRemark(context, pull, c.get('caller'), 'comment', { body }),
    );
    announceRemark(context, c, pull, 'issue_comment', {
      action: 'created',
      comment: wire,
      issue: { number: pull.number, title: pull.title, pull_request: { url: wire.html_url } },
    });
    return json(c, wire, 201);
  });
  app.get('/repos/:owner/:repo/issues/:number/labels', async (c) => {
    const { pull } = await requirePull(context, c);
    return json(c, takePageOfAll(c, pull.labels).map(wireLabel));
  });
  app.on(['POST', 'PUT'], '/repos/:owner/:repo/issues/:number/labels', async (c) => {
    const { pull } = await requirePull(context, c);
    const { labels } = await readBody(c, labelNames);
    const kept = c.req.method === 'PUT' ? [] : pull.labels;
    return json(c, setLabels(context, pull, [...kept, ...labels]).map(wireLabel));
  });
  app.delete('/repos/:owner/:repo/issues/:number/labels/:label{.+}', async (c) => {
    const { pull } = await requirePull(context, c);
    const name = c.req.param('label');
    if (!pull.labels.includes(name)) throw notFound();
    const rest = pull.labels.filter((label) => label !== name);
    return json(c, setLabels(context, pull, rest).map(wireLabel));
  });
}

function setLabels(context: ForgeContext, pull: PullRow, labels: readonly string[]): string[] {
  const unique = [...new Set(labels)];
  context.rows.change('pull', pull.id, {
    labels: JSON.stringify(unique),
    updated_at: context.now(),
  });
  return unique;
}

function listRemarks(
  context: ForgeContext,
  pull: PullRow,
  kind: RemarkRow['kind'],
): readonly RemarkRow[] {
  return context.rows.all(
    remarkRow,
    'select * from remark where repository = :repository and number = :number and kind = :kind order by id',
    { repository: pull.repository, number: pull.number, kind },
  );
}

function getRemark(context: ForgeContext, pull: PullRow, id: number): RemarkRow {
  const remark = context.rows.one(
    remarkRow,
    'select * from remark where id = :id and repository = :repository and number = :number',
    { id, repository: pull.repository, number: pull.number },
  );
  if (remark === undefined) throw notFound();
  return remark;
}

function addRemark(
  context: ForgeContext,
  pull: PullRow,
  caller: Caller,
  kind: RemarkRow['kind'],
  values: Partial<Pick<RemarkRow, 'body' | 'state' | 'commit_sha' | 'path' | 'line' | 'review'>>,
): RemarkRow {
  const at = context.now();
  const id = context.rows.insert('remark', {
    repository: pull.repository,
    number: pull.number,
    kind,
    author: caller.login,
    at,
    body: '',
    ...values,
  });
  context.rows.change('pull', pull.id, { updated_at: at });
  return getRemark(context, pull, id);
}

function announceRemark(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  pull: PullRow,
  event: string,
  payload: Readonly<Record<string, unknown>>,
): void {
  const repository = c.get('repository');
  const whole =
    event === 'issue_comment'
      ? payload
      : { ...payload, pull_request: wireOnePull(context, repository, pull, null) };
  announce(context, repository, event, whole, c.get('caller').login);
}
