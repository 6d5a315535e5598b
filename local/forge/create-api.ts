import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { canReach, canRead, canWrite, requireCaller } from './authenticate.ts';
import type { Caller, ForgeContext, ForgeEnv } from './forge-context.ts';
import { readParam } from './http.ts';
import { forbidden, HttpError, notFound } from './http-error.ts';
import { addAppRoutes } from './route/app.ts';
import { addCheckRoutes } from './route/check.ts';
import { addCommitRoutes } from './route/commit.ts';
import { addIssueRoutes } from './route/issue.ts';
import { addMergeRoutes } from './route/merge.ts';
import { addPullRoutes } from './route/pull.ts';
import { addRefRoutes } from './route/ref.ts';
import { addRepositoryRoutes } from './route/repository.ts';
import { addReviewRoutes } from './route/review.ts';
import { addRuleRoutes } from './route/rule.ts';
import { findRepositoryByName } from './store/repository-store.ts';

/** Creates the routes of GitHub's REST interface. The caller mounts the routes at `/api/v3`. */
export function createApi(context: ForgeContext): Hono<ForgeEnv> {
  const api = new Hono<ForgeEnv>();
  addEntityTags(api);
  // The App signs in with a JSON web token, so its routes must come before the middleware that requires an account token.
  addAppRoutes(api, context);
  addAccessChecks(api, context);
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

/** Adds an `ETag` to each successful GET answer; answers 304 if `If-None-Match` of the request contains the same tag. */
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

/** Adds the middleware that authenticates the caller, finds the repository and checks the permissions of the token. */
function addAccessChecks(api: Hono<ForgeEnv>, context: ForgeContext): void {
  api.use('*', async (c, next) => {
    c.set('caller', requireCaller(context, c.req.header('authorization')));
    await next();
  });
  api.use('/repos/:owner/:repo/*', async (c, next) => {
    const name = `${readParam(c, 'owner')}/${readParam(c, 'repo')}`;
    const caller = c.get('caller');
    const repository = findRepositoryByName(context.database, name);
    if (repository === undefined || !canReach(caller, repository)) throw notFound();
    const path = c.req.path.split(/\/repos\/[^/]+\/[^/]+/)[1] ?? '';
    const isWrite = !['GET', 'HEAD'].includes(c.req.method);
    requirePermission(caller, findRequiredPermission(path), isWrite);
    // The settings of an archived repository (empty path) stay writable, so that the repository can be unarchived.
    if (isWrite && repository.settings.archived && path !== '') {
      throw forbidden('Repository was archived so is read-only.');
    }
    c.set('repository', repository);
    await next();
  });
}

/** GitHub permission by the path below a repository. The first matching pattern counts. */
const PERMISSIONS: readonly (readonly [RegExp, string])[] = [
  [/^\/pulls/, 'pull_requests'],
  [/^\/issues/, 'issues'],
  [/^\/check-runs|^\/commits\/.+\/check-runs/, 'checks'],
  [/^\/statuses|^\/commits\/.+\/status$/, 'statuses'],
  [/^\/rulesets|\/protection$/, 'administration'],
  [/^\/rules\//, 'metadata'],
  [/^\/./, 'contents'],
];

function findRequiredPermission(path: string): string {
  return PERMISSIONS.find(([pattern]) => pattern.test(path))?.[1] ?? 'metadata';
}

/** Permissions whose resources even an account with only read access to the repository may write, such as comments. */
const WRITABLE_FOR_READERS = new Set(['pull_requests', 'issues']);

function requirePermission(caller: Caller, permission: string, isWrite: boolean): void {
  if (!isWrite) {
    if (!canRead(caller, permission)) throw forbidden();
    return;
  }
  // No token has write access to `metadata`. The only such write changes the repository itself, and its route requires an
  // admin.
  if (!canWrite(caller, permission) && permission !== 'metadata') throw forbidden();
  if (caller.branch !== undefined) throw forbidden('This token may only fetch and push with git.');
  if (caller.permission === 'read' && !WRITABLE_FOR_READERS.has(permission)) {
    throw new HttpError(403, 'Must have write access to the repository.', { status: '403' });
  }
}
