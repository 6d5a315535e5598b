import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { readBody, selectRequestedPage, sendJson } from '../http.ts';
import { notFound } from '../http-error.ts';
import { announceEvent } from '../pull/announce.ts';
import { findComment, insertComment, listComments } from '../store/comment-store.ts';
import type { PullRow } from '../store/row-schema.ts';
import { toCommentJson } from '../wire/comment.ts';
import { toLabelJson } from '../wire/pull.ts';
import { requirePull } from './pull.ts';

const newComment = z.object({ body: z.string().min(1).max(65_536) });
const labelName = z.string().min(1).max(50);
const labelNames = z.union([
  z.object({ labels: z.array(labelName).max(100) }),
  z.array(labelName).transform((labels) => ({ labels })),
]);

/**
 * Adds the routes of comments and labels. GitHub treats pull requests as issues in these routes; this forge has no other
 * issues.
 */
export function addIssueRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/issues/:number/comments', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const comments = selectRequestedPage(c, listComments(context.database, pull, 'comment'));
    return sendJson(
      c,
      comments.map((comment) => toCommentJson(context, repository, comment)),
    );
  });
  app.post('/repos/:owner/:repo/issues/:number/comments', (c) => addPullComment(context, c));
  app.get('/repos/:owner/:repo/issues/:number/labels', async (c) => {
    const { pull } = await requirePull(context, c);
    return sendJson(c, selectRequestedPage(c, pull.labels).map(toLabelJson));
  });
  app.on(['POST', 'PUT'], '/repos/:owner/:repo/issues/:number/labels', async (c) => {
    const { pull } = await requirePull(context, c);
    const { labels } = await readBody(c, labelNames);
    const existing = c.req.method === 'PUT' ? [] : pull.labels;
    return sendJson(c, setLabels(context, pull, [...existing, ...labels]).map(toLabelJson));
  });
  app.delete('/repos/:owner/:repo/issues/:number/labels/:label{.+}', async (c) => {
    const { pull } = await requirePull(context, c);
    const name = c.req.param('label');
    if (!pull.labels.includes(name)) throw notFound();
    const remaining = pull.labels.filter((label) => label !== name);
    return sendJson(c, setLabels(context, pull, remaining).map(toLabelJson));
  });
}

async function addPullComment(context: ForgeContext, c: Context<ForgeEnv>): Promise<Response> {
  const { repository, pull } = await requirePull(context, c);
  const { body } = await readBody(c, newComment);
  const { login } = c.get('caller');
  const values = { kind: 'comment', author: login, at: context.now(), body } as const;
  const id = insertComment(context.database, pull, values);
  const stored = findComment(context.database, pull, id);
  if (stored === undefined) {
    throw new Error(`The forge database has no comment ${id} after it was written.`);
  }
  const comment = toCommentJson(context, repository, stored);
  const payload = {
    action: 'created',
    comment,
    issue: { number: pull.number, title: pull.title, pull_request: { url: comment.html_url } },
  };
  announceEvent(context, repository, 'issue_comment', payload, login);
  return sendJson(c, comment, 201);
}

/** Replaces the labels of a pull request, and returns them without duplicates. */
function setLabels(context: ForgeContext, pull: PullRow, labels: readonly string[]): string[] {
  const unique = [...new Set(labels)];
  context.database.update('pull', pull.id, {
    labels: JSON.stringify(unique),
    updated_at: context.now(),
  });
  return unique;
}
