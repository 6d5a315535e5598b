import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { mayReach, mayRead, mayWrite, requireCaller } from './authenticate.ts';
import type { Caller, ForgeContext, ForgeEnv } from './forge-context.ts';
import { param } from './http.ts';
import { forbidden, notFound, Problem } from './problem.ts';
import { addAppRoutes } from './route/app.ts';
import { addCheckRoutes } from './route/check.ts';
import { addCommitRoutes } from './route/commit.ts';
import { addMergeRoutes } from './route/merge.ts';
import { addPullRoutes } from './route/pull.ts';
import { addRefRoutes } from './route/ref.ts';
import { addIssueRoutes, addReviewRoutes } from './route/remark.ts';
import { addRepositoryRoutes } from './route/repository.ts';
import { addRuleRoutes } from './route/rule.ts';
import { findRepository } from './store/repository-store.ts';

/** GitHub's REST interface, to be mounted at `/api/v3`. */
export function createApi(context: ForgeContext): Hono<ForgeEnv> {
  const api = new Hono<ForgeEnv>();
  addEntityTags(api);
  // The App proves itself by its own token, before the routes that ask for an account's.
  addAppRoutes(api, context);
  addGate(api, context);
  api.get('/rate_limit', (c) => {
    const core = { limit: 15_000, remaining: 15_000, used: 0, reset: 0 };
    return c.json({ resources: { core, graphql: core }, rate: core });
  });
  addRepositoryRoutes(api, context);
  addRuleRoutes(api, context);
  addCheckRoutes(api, context);
  addRefRoutes(api, context);
  addCommitRoutes(api, context);
  addMergeRoutes(api, context);
  addPullRoutes(api, context);
  addReviewRoutes(api, context);
  addIssueRoutes(api, context);
  return api;
}

/** An answer that is the same as the one that the client has is not sent again. */
function addEntityTags(api: Hono<ForgeEnv>): void {
  api.use('*', async (c, next) => {
    await next();
    if (c.req.method !== 'GET' || c.res.status !== 200) return;
    const text = await c.res.clone().text();
    const tag = `W/"${createHash('sha1').update(text).digest('hex')}"`;
    if (c.req.header('if-none-match') === tag) {
      c.res = new Response(null, { status: 304, headers: { etag: tag } });
      return;
    }
    c.res.headers.set('etag', tag);
  });
}

/** Signs in, finds the repository and checks what the token allows. */
function addGate(api: Hono<ForgeEnv>, context: ForgeContext): void {
  api.use('*', async (c, next) => {
    c.set('caller', requireCaller(context, c.req.header('authorization')));
    await next();
  });
  api.use('/repos/:owner/:repo/*', async (c, next) => {
    const name = `${param(c, 'owner')}/${param(c, 'repo')}`;
    const caller = c.get('caller');
    const repository = findRepository(context.rows, name);
    if (repository === undefined || !mayReach(caller, repository)) throw notFound();
    const path = c.req.path.split(/\/repos\/[^/]+\/[^/]+/)[1] ?? '';
    const isWrite = !['GET', 'HEAD'].includes(c.req.method);
    requireAllowed(caller, familyOf(path), isWrite);
    if (isWrite && repository.settings.archived && path !== '') {
      throw forbidden('Repository was archived so is read-only.');
    }
    c.set('repository', repository);
    await next();
  });
}

const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^\/(pulls)/, 'pull_requests'],
  [/^\/issues/, 'issues'],
  [/^\/check-runs|^\/commits\/.+\/check-runs/, 'checks'],
  [/^\/statuses|^\/commits\/.+\/status$/, 'statuses'],
  [/^\/rulesets|\/protection$/, 'administration'],
  [/^\/rules\//, 'metadata'],
  [/^\/./, 'contents'],
];

function familyOf(path: string): string {
  return FAMILIES.find(([pattern]) => pattern.test(path))?.[1] ?? 'metadata';
}

/** What a person without write permission may still do. */
const OPEN_TO_READERS = new Set(['pull_requests', 'issues']);

function requireAllowed(caller: Caller, family: string, isWrite: boolean): void {
  if (!isWrite) {
    if (!mayRead(caller, family)) throw forbidden();
    return;
  }
  if (!mayWrite(caller, family) && family !== 'metadata') throw forbidden();
  if (caller.branch !== undefined) throw forbidden('This token is good for pushing only.');
  if (caller.permission === 'read' && !OPEN_TO_READERS.has(family)) {
    throw new Problem(403, 'Must have write access to the repository.', { status: '403' });
  }
}
