import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { requireApp } from '../authenticate.ts';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { toIsoSeconds } from '../git/read-commit.ts';
import { readBody, readParam, sendJson } from '../http.ts';
import { notFound, unprocessable } from '../http-error.ts';
import { findRepositoryById, findRepositoryByName } from '../store/repository-store.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { addToken } from '../store/token-store.ts';
import { toRepositoryJson } from '../wire/repository.ts';
import { toUserJson } from '../wire/user.ts';

/** Id of the only installation of the App. The installation covers every repository. */
const INSTALLATION_ID = 1;
const TOKEN_LIFETIME_MS = 3_600_000;
/** Request header that limits the requested token to pushes to one branch. GitHub ignores the header. */
export const BRANCH_HEADER = 'x-smol-gang-branch';

const DEFAULT_PERMISSIONS = {
  administration: 'read',
  checks: 'read',
  contents: 'write',
  issues: 'write',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'read',
};

const tokenRequest = z.object({
  repositories: z.array(z.string()).optional(),
  repository_ids: z.array(z.number().int()).optional(),
  permissions: z.record(z.string(), z.enum(['read', 'write', 'admin'])).optional(),
});

/** Returns the login of the bot account that acts for an App. */
export function toBotLogin(slug: string): string {
  return `${slug}[bot]`;
}

export function addAppRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/app', async (c) => {
    const { id, slug } = await requireApp(context, c.req.header('authorization'));
    return sendJson(c, { id: Number(id), slug, name: slug, permissions: DEFAULT_PERMISSIONS });
  });
  app.get('/app/installations', async (c) => {
    const { slug } = await requireApp(context, c.req.header('authorization'));
    return sendJson(c, [toInstallationJson(context, slug)]);
  });
  app.get('/repos/:owner/:repo/installation', async (c) => {
    const { slug } = await requireApp(context, c.req.header('authorization'));
    const name = `${readParam(c, 'owner')}/${readParam(c, 'repo')}`;
    if (findRepositoryByName(context.database, name) === undefined) throw notFound();
    return sendJson(c, toInstallationJson(context, slug));
  });
  app.post('/app/installations/:installation/access_tokens', async (c) => {
    const { slug } = await requireApp(context, c.req.header('authorization'));
    if (Number(readParam(c, 'installation')) !== INSTALLATION_ID) throw notFound();
    return createInstallationToken(context, c, slug);
  });
}

async function createInstallationToken(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  slug: string,
): Promise<Response> {
  const grant = await readBody(c, tokenRequest);
  const repositories = findGrantedRepositories(context, grant);
  const permissions = { metadata: 'read', ...(grant.permissions ?? DEFAULT_PERMISSIONS) };
  const branch = c.req.header(BRANCH_HEADER);
  const expiresAt = context.now() + TOKEN_LIFETIME_MS;
  const token = addToken(context.database, {
    login: toBotLogin(slug),
    prefix: 'ghs',
    permissions,
    expiresAt,
    ...(repositories !== undefined && { repositories: repositories.map(({ id }) => id) }),
    ...(branch !== undefined && { branch }),
  });
  const answer = {
    token,
    expires_at: toIsoSeconds(expiresAt),
    permissions,
    repository_selection: repositories === undefined ? 'all' : 'selected',
    ...(repositories !== undefined && {
      repositories: repositories.map((repository) => toRepositoryJson(context, repository)),
    }),
  };
  return sendJson(c, answer, 201);
}

/**
 * Returns the repositories that the new token covers; undefined: every repository. As on GitHub, the requested names have no
 * owner. Throws an HttpError 422 for an unknown name or id.
 */
function findGrantedRepositories(
  context: ForgeContext,
  grant: z.infer<typeof tokenRequest>,
): RepositoryRow[] | undefined {
  if (grant.repositories === undefined && grant.repository_ids === undefined) return undefined;
  const byName = (grant.repositories ?? []).map((name) => findByShortName(context, name));
  const byId = (grant.repository_ids ?? []).map((id) => findRepositoryById(context.database, id));
  const repositories = [...byName, ...byId].filter((repository) => repository !== undefined);
  if (repositories.length < byName.length + byId.length) {
    throw unprocessable(
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  return repositories;
}

/** Returns the repository with a name under any owner; undefined: no repository or several repositories have the name. */
function findByShortName(context: ForgeContext, name: string): RepositoryRow | undefined {
  const matches = context.database.list(
    z.object({ id: z.number().int() }),
    "select id from repository where substr(name, instr(name, '/') + 1) = :name",
    { name },
  );
  const [match] = matches;
  if (matches.length !== 1 || match === undefined) return undefined;
  return findRepositoryById(context.database, match.id);
}

function toInstallationJson(context: ForgeContext, slug: string) {
  return {
    id: INSTALLATION_ID,
    app_id: Number(context.app?.id ?? 0),
    app_slug: slug,
    account: toUserJson(context, 'local'),
    repository_selection: 'all',
    permissions: DEFAULT_PERMISSIONS,
    events: [],
    suspended_at: null,
  };
}
