import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { readBranch } from '../git/read-ref.ts';
import { isAncestor, listChanges, mergeBase } from '../git/relate-commits.ts';
import { json, numberParam, readBody, readPage, takePage, takePageOfAll } from '../http.ts';
import { forbidden, invalid, notFound } from '../problem.ts';
import { announcePull } from '../pull/announce.ts';
import { afterBranchChange } from '../pull/branch-change.ts';
import { createPull } from '../pull/create-pull.ts';
import { mergePull } from '../pull/merge-pull.ts';
import { markClosed, refreshPull } from '../pull/refresh-pull.ts';
import type { PullFilter } from '../store/pull-store.ts';
import { findPull, getPull, listOpenPulls, listPulls } from '../store/pull-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { wireFileChange } from '../wire/file-change.ts';
import { wireOnePull, wirePull } from '../wire/pull.ts';

const MAX_FILES = 3_000;

const newPull = z.object({
  head: z.string().min(1),
  base: z.string().min(1),
  title: z.string().min(1).max(256),
  body: z.string().max(65_536).nullish(),
  draft: z.boolean().default(false),
});
const changedPull = z.object({
  title: z.string().min(1).max(256).optional(),
  body: z.string().max(65_536).nullish(),
  state: z.enum(['open', 'closed']).optional(),
});
const merge = z.object({
  sha: z.string().optional(),
  commit_title: z.string().optional(),
  commit_message: z.string().optional(),
  merge_method: z.enum(['merge', 'squash', 'rebase']).default('merge'),
});

export function addPullRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/pulls', async (c) => {
    const repository = c.get('repository');
    for (const pull of listOpenPulls(context.rows, repository.id)) {
      await refreshPull(context, repository, pull);
    }
    const window = readPage(c);
    const pulls = listPulls(context.rows, repository.id, readFilter(c), {
      offset: window.offset,
      limit: window.perPage + 1,
    });
    return json(
      c,
      takePage(c, window, pulls).map((pull) => wirePull(context, repository, pull)),
    );
  });
  app.post('/repos/:owner/:repo/pulls', async (c) => {
    const { body, head, ...rest } = await readBody(c, newPull);
    const repository = c.get('repository');
    const branch = withoutOwner(head, repository);
    const pull = await createPull(
      context,
      repository,
      { ...rest, head: branch, body: body ?? '' },
      c.get('caller').login,
    );
    return json(c, wireOnePull(context, repository, pull, null), 201);
  });
  app.get('/repos/:owner/:repo/pulls/:number', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const git = context.git(repository);
    const mergeable = pull.state === 'open' ? await context.mergeability(git, pull) : null;
    return json(c, wireOnePull(context, repository, pull, mergeable));
  });
  app.patch('/repos/:owner/:repo/pulls/:number', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const change = await readBody(c, changedPull);
    const changed = await changePull(context, repository, pull, change, c.get('caller').login);
    return json(c, wireOnePull(context, repository, changed, null));
  });
  app.get('/repos/:owner/:repo/pulls/:number/files', async (c) => {
    const { repository, pull } = await requirePull(context, c);
    const git = context.git(repository);
    const start = (await mergeBase(git, pull.base_sha, pull.head_sha)) ?? pull.base_sha;
    const changes = await listChanges(git, start, pull.head_sha);
    return json(c, takePageOfAll(c, changes.slice(0, MAX_FILES)).map(wireFileChange));
  });
  app.get('/repos/:owner/:repo/pulls/:number/merge', async (c) => {
    const { pull } = await requirePull(context, c);
    if (pull.merged_at === null) throw notFound();
    return c.body(null, 204);
  });
  app.put('/repos/:owner/:repo/pulls/:number/merge', (c) => mergeRoute(context, c));
}

async function mergeRoute(context: ForgeContext, c: Context<ForgeEnv>): Promise<Response> {
  const { repository, pull } = await requirePull(context, c);
  const asked = await readBody(c, merge);
  const { login } = c.get('caller');
  const owner = repository.name.split('/')[0] ?? '';
  const merged = await mergePull(
    context,
    repository,
    pull,
    {
      ...(asked.sha !== undefined && { sha: asked.sha }),
      title: asked.commit_title ?? `Merge pull request #${pull.number} from ${owner}/${pull.head}`,
      message: asked.commit_message ?? pull.title,
      method: asked.merge_method,
    },
    login,
  );
  const after = merged.merge_sha ?? undefined;
  const change = { branch: pull.base, before: pull.base_sha, after };
  await afterBranchChange(context, repository, change, login);
  return json(c, {
    sha: merged.merge_sha,
    merged: true,
    message: 'Pull Request successfully merged',
  });
}

/** Throws 404. */
export async function requirePull(
  context: ForgeContext,
  c: Context<ForgeEnv>,
): Promise<{ readonly repository: RepositoryRow; readonly pull: PullRow }> {
  const repository = c.get('repository');
  const pull = findPull(context.rows, repository.id, numberParam(c, 'number'));
  if (pull === undefined) throw notFound();
  return { repository, pull: await refreshPull(context, repository, pull) };
}

async function changePull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  change: z.infer<typeof changedPull>,
  login: string,
): Promise<PullRow> {
  if (change.title !== undefined || change.body !== undefined) {
    context.rows.change('pull', pull.id, {
      ...(change.title !== undefined && { title: change.title }),
      ...(change.body !== undefined && { body: change.body ?? '' }),
      updated_at: context.now(),
    });
    const edited = getPull(context.rows, pull.id) ?? pull;
    announcePull(context, repository, edited, 'edited', login);
  }
  const current = getPull(context.rows, pull.id) ?? pull;
  if (change.state === undefined || change.state === current.state) return current;
  return context.lock(repository.id, async () =>
    change.state === 'closed'
      ? markClosed(context, repository, current, login)
      : reopenPull(context, repository, current, login),
  );
}

async function reopenPull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login: string,
): Promise<PullRow> {
  const git = context.git(repository);
  const head = readBranch(git.gitDir, pull.head);
  const base = readBranch(git.gitDir, pull.base);
  const { head: headBranch, base: baseBranch } = pull;
  if (pull.merged_at !== null) throw cannotReopen('The pull request is merged.');
  if (head === undefined || base === undefined) throw cannotReopen('The branch was deleted.');
  const filter = { state: 'open', sort: 'created', ascending: false } as const;
  const others = listPulls(
    context.rows,
    repository.id,
    { ...filter, head: headBranch, base: baseBranch },
    { offset: 0, limit: 1 },
  );
  if (others.length > 0) throw cannotReopen('There is already an open pull request.');
  if (await isAncestor(git, head, base)) {
    throw cannotReopen(`There are no new commits on the ${headBranch} branch.`);
  }
  context.rows.change('pull', pull.id, {
    state: 'open',
    closed_at: null,
    head_sha: head,
    base_sha: base,
    updated_at: context.now(),
  });
  const reopened = getPull(context.rows, pull.id) ?? pull;
  announcePull(context, repository, reopened, 'reopened', login);
  return reopened;
}

function cannotReopen(why: string) {
  return invalid('PullRequest', { field: 'state', message: `state cannot be changed. ${why}` });
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
    // As on GitHub a head without an owner filters nothing.
    ...(head?.includes(':') && { head: head.slice(head.indexOf(':') + 1) }),
    ...(base !== undefined && { base }),
    sort,
    ascending: direction === 'asc',
  };
}

function withoutOwner(head: string, repository: RepositoryRow): string {
  if (!head.includes(':')) return head;
  const [owner, ...branch] = head.split(':');
  if (owner !== repository.name.split('/')[0]) throw forbidden();
  return branch.join(':');
}
