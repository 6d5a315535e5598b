import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { requireApp } from '../authenticate.ts';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { isoSeconds } from '../git/read-commit.ts';
import { json, param, readBody } from '../http.ts';
import { notFound, unprocessable } from '../problem.ts';
import { findRepository, getRepository } from '../store/repository-store.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { addToken } from '../store/token-store.ts';
import { wireRepository } from '../wire/repository.ts';
import { wireUser } from '../wire/user.ts';

/** The one installation: this App is installed on everything here. */
const INSTALLATION = 1;
const TOKEN_MS = 3_600_000;
/** Narrows a token to one branch. GitHub knows no such header and ignores it. */
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

const newToken = z.object({
  repositories: z.array(z.string()).optional(),
  repository_ids: z.array(z.number().int()).optional(),
  permissions: z.record(z.string(), z.enum(['read', 'write', 'admin'])).optional(),
});

export function botLogin(slug: string): string {
  return `${slug}[bot]`;
}

export function addAppRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/app', async (c) => {
    const { id, slug } = await requireApp(context, c.req.header('authorization'));
    return json(c, { id: Number(id), slug, name: slug, permissions: DEFAULT_PERMISSIONS });
  });
  app.get('/app/installations', async (c) => {
    const { slug } = await requireApp(context, c.req.header('authorization'));
    return json(c, [wireInstallation(context, slug)]);
  });
  app.get('/repos/:owner/:repo/installation', async (c) => {
    const { slug } = await requireApp(context, c.req.header('authorization'));
    const name = `${param(c, 'owner')}/${param(c, 'repo')}`;
    if (findRepository(context.rows, name) === undefined) throw notFound();
    return json(c, wireInstallation(context, slug));
  });
  app.post('/app/installations/:installation/access_tokens', async (c) => {
    const { slug } = await requireApp(context, c.req.header('authorization'));
    if (Number(param(c, 'installation')) !== INSTALLATION) throw notFound();
    return mintToken(context, c, slug);
  });
}

async function mintToken(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  slug: string,
): Promise<Response> {
  const asked = await readBody(c, newToken);
  const repositories = findAsked(context, asked);
  const permissions = { metadata: 'read', ...(asked.permissions ?? DEFAULT_PERMISSIONS) };
  const branch = c.req.header(BRANCH_HEADER);
  const expiresAt = context.now() + TOKEN_MS;
  const token = addToken(context.rows, {
    login: botLogin(slug),
    prefix: 'ghs',
    permissions,
    expiresAt,
    ...(repositories !== undefined && { repositories: repositories.map(({ id }) => id) }),
    ...(branch !== undefined && { branch }),
  });
  const answer = {
    token,
    expires_at: isoSeconds(expiresAt),
    permissions,
    repository_selection: repositories === undefined ? 'all' : 'selected',
    ...(repositories !== undefined && {
      repositories: repositories.map((repository) => wireRepository(context, repository)),
    }),
  };
  return json(c, answer, 201);
}

/** Undefined: every repository. As on GitHub a name comes without its owner. */
function findAsked(
  context: ForgeContext,
  asked: z.infer<typeof newToken>,
): RepositoryRow[] | undefined {
  if (asked.repositories === undefined && asked.repository_ids === undefined) return undefined;
  const byName = (asked.repositories ?? []).map((name) => findByShortName(context, name));
  const byId = (asked.repository_ids ?? []).map((id) => getRepository(context.rows, id));
  const found = [...byName, ...byId].filter((repository) => repository !== undefined);
  if (found.length < byName.length + byId.length) {
    throw unprocessable(
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  return found;
}

function findByShortName(context: ForgeContext, name: string): RepositoryRow | undefined {
  const all = context.rows.all(
    z.object({ id: z.number().int() }),
    "select id from repository where substr(name, instr(name, '/') + 1) = :name",
    { name },
  );
  const [only] = all;
  return all.length === 1 && only !== undefined ? getRepository(context.rows, only.id) : undefined;
}

function wireInstallation(context: ForgeContext, slug: string) {
  return {
    id: INSTALLATION,
    app_id: Number(context.app?.id ?? 0),
    app_slug: slug,
    account: wireUser(context, 'local'),
    repository_selection: 'all',
    permissions: DEFAULT_PERMISSIONS,
    events: [],
    suspended_at: null,
  };
}
