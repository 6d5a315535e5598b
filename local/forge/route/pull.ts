import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { readBranch } from '../git/read-ref.ts';
import {
  readBody,
  readNumberParam,
  readPage,
  selectRequestedPage,
  sendJson,
  takePage,
} from '../http.ts';
import { forbidden, notFound, validationFailed } from '../http-error.ts';
import { announcePull } from '../pull/announce.ts';
import { createPull } from '../pull/create-pull.ts';
import { handleBranchChange } from '../pull/handle-branch-change.ts';
import { listPullFiles } from '../pull/list-pull-files.ts';
import { mergePull } from '../pull/merge-pull.ts';
import { changeBase, markClosed, refreshPull } from '../pull/refresh-pull.ts';
import { reopenPullUnderLock } from '../pull/reopen-pull.ts';
import type { PullFilter } from '../store/pull-store.ts';
import { findPullById, findPullByNumber, listOpenPulls, listPulls } from '../store/pull-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { toFileChangeJson } from '../wire/file-change.ts';
import { toPullDetailJson, toPullJson } from '../wire/pull.ts';

/** Maximum number of listed files, as on GitHub. */
const MAX_FILES = 3_000;

const newPull = z.object({
  head: z.string().min(1),
  base: z.string().min(1),
  title: z.string().min(1).max(256),
  body: z.string().max(65_536).nullish(),
  draft: z.boolean().default(false),
});
const pullChange = z.object({
  title: z.string().min(1).max(256).optional(),
  body: z.string().max(65_536).nullish(),
  state: z.enum(['open', 'closed']).optional(),
  base: z.string().min(1).optional(),
});
const mergeBody = z.object({
  sha: z.string().optional(),
  commit_title: z.string().optional(),
  commit_message: z.string().optional(),
  merge_method: z.enum(['merge', 'squash', 'rebase']).default('merge'),
});

export function addPullRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/pulls', async (c) => {
    const repository = c.get('repository');
    for (const pull of listOpenPulls(context.database, repository.id)) {
      await refreshPull(context, repository, pull);
    }
    const window = readPage(c);
    const pulls = listPulls(context.database, repository.id, readFilter(c), {
      offset: window.offset,
      limit: window.perPage + 1,
    });
    return sendJson(
      c,
      takePage(c, window, pulls).map((pull) => toPullJson(context, repository, pull)),
    );
  });
  app.post('/repos/:owner/:repo/pulls', async (c) => {
    const { body, head, ...other } = await readBody(c, newPull);
    const repository = c.get('repository');
    const pullToOpen = { ...other, head: parseHead(head, repository), body: body ?? '' };
    const pull = await createPull(context, repository, pullToOpen, c.get('caller').login);
    return sendJson(c, toPullDetailJson(context, repository, pull, null), 201);
  });
  app.get('/repos/:owner/:repo/pulls/:number', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const git = context.openGit(repository);
    const mergeable = pull.state === 'open' ? await context.readMergeability(git, pull) : null;
    return sendJson(c, toPullDetailJson(context, repository, pull, mergeable));
  });
  app.patch('/repos/:owner/:repo/pulls/:number', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const change = await readBody(c, pullChange);
    const changed = await changePull(context, repository, pull, change, c.get('caller').login);
    return sendJson(c, toPullDetailJson(context, repository, changed, null));
  });
  app.get('/repos/:owner/:repo/pulls/:number/files', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const changes = await listPullFiles(context, repository, pull);
    return sendJson(c, selectRequestedPage(c, changes.slice(0, MAX_FILES)).map(toFileChangeJson));
  });
  app.get('/repos/:owner/:repo/pulls/:number/merge', async (c) => {
    const { pull } = await requirePull(context, c);
    if (pull.merged_at === null) throw notFound();
    return c.body(null, 204);
  });
  app.put('/repos/:owner/:repo/pulls/:number/merge', (c) => mergeRequestedPull(context, c));
}

async function mergeRequestedPull(context: ForgeContext, c: Context<ForgeEnv>): Promise<Response> {
  const { repository, pull } = await requirePull(context, c);
  const merge = await readBody(c, mergeBody);
  const { login } = c.get('caller');
  const owner = repository.name.split('/')[0] ?? '';
  const merged = await mergePull(
    context,
    repository,
    pull,
    {
      ...(merge.sha !== undefined && { sha: merge.sha }),
      title: merge.commit_title ?? `Merge pull request #${pull.number} from ${owner}/${pull.head}`,
      message: merge.commit_message ?? pull.title,
      method: merge.merge_method,
    },
    login,
  );
  const after = merged.merge_sha ?? undefined;
  const change = { branch: pull.base, before: pull.base_sha, after };
  await handleBranchChange(context, repository, change, login);
  return sendJson(c, {
    sha: merged.merge_sha,
    merged: true,
    message: 'Pull Request successfully merged',
  });
}

/** Refreshes and returns the pull request that the path names. Throws an HttpError 404 for an unknown number. */
export async function requirePull(
  context: ForgeContext,
  c: Context<ForgeEnv>,
): Promise<{ readonly repository: RepositoryRow; readonly pull: PullRow }> {
  const repository = c.get('repository');
  const pull = findPullByNumber(context.database, repository.id, readNumberParam(c, 'number'));
  if (pull === undefined) throw notFound();
  return { repository, pull: await refreshPull(context, repository, pull) };
}

async function changePull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  change: z.infer<typeof pullChange>,
  login: string,
): Promise<PullRow> {
  if (change.title !== undefined || change.body !== undefined) {
    context.database.update('pull', pull.id, {
      ...(change.title !== undefined && { title: change.title }),
      ...(change.body !== undefined && { body: change.body ?? '' }),
      updated_at: context.now(),
    });
    const edited = findPullById(context.database, pull.id) ?? pull;
    announcePull(context, repository, edited, 'edited', login);
  }
  if (change.base !== undefined)
    await changeRequestedBase(context, repository, pull, change.base, login);
  const current = findPullById(context.database, pull.id) ?? pull;
  if (change.state === undefined || change.state === current.state) return current;
  return context.lock(repository.id, async () =>
    change.state === 'closed'
      ? markClosed(context, repository, current, login)
      : reopenPullUnderLock(context, repository, current, login),
  );
}

/** Changes the base branch of a pull request. Throws an HttpError 422 for a branch that does not exist. */
function changeRequestedBase(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  base: string,
  login: string,
): Promise<PullRow> {
  return context.lock(repository.id, async () => {
    const baseSha = readBranch(context.openGit(repository).gitDir, base);
    if (baseSha === undefined)
      throw validationFailed('PullRequest', { field: 'base', code: 'invalid' });
    return changeBase(context, repository, pull, { base, baseSha }, login);
  });
}

function readFilter(c: Context<ForgeEnv>): PullFilter {
  const state = c.req.query('state');
  const head = c.req.query('head');
  const base = c.req.query('base');
  const sort = c.req.query('sort') === 'updated' ? 'updated' : 'created';
  const direction =
    c.req.query('direction') ?? (c.req.query('sort') === undefined ? 'desc' : 'asc');
  return {
    state: state === 'closed' || state === 'all' ? state : 'open',
    // As on GitHub, a `head` without `owner:` is ignored.
    ...(head?.includes(':') && { head: head.slice(head.indexOf(':') + 1) }),
    ...(base !== undefined && { base }),
    sort,
    ascending: direction === 'asc',
  };
}

/**
 * Returns the branch name in `owner:branch` or `branch`. Throws an HttpError 403 for another owner, because this forge has no
 * forks.
 */
function parseHead(head: string, repository: RepositoryRow): string {
  if (!head.includes(':')) return head;
  const [owner, ...branch] = head.split(':');
  if (owner !== repository.name.split('/')[0]) throw forbidden();
  return branch.join(':');
}
