import { rm } from 'node:fs/promises';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { isAdminToken, parseAuthorizationToken } from '../authenticate.ts';
import { faultsSchema } from '../fault.ts';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { listBranches, readBranch, readHeadBranch, readRef } from '../git/read-ref.ts';
import { readBody, readParam, sendJson } from '../http.ts';
import { HttpError, notFound } from '../http-error.ts';
import { createEmptyRepository, linkRepository } from '../repository.ts';
import { findRepositoryByName, listRepositories } from '../store/repository-store.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { accountRow } from '../store/row-schema.ts';
import { addToken, putAccount } from '../store/token-store.ts';

const repositoryName = z
  .string()
  .regex(/^(?![._-])[\w.-]{1,100}\/(?!\.)[\w.-]{1,100}(?<!\.git)$/, 'expected owner/name')
  .refine(
    (text) => !/^(api|_forge)\//i.test(text),
    'the owners api and _forge are reserved; choose another owner',
  );
const newRepository = z
  .object({ name: repositoryName, path: z.string().min(1).max(4_000).optional() })
  .strict();
const newAccount = accountRow.partial({ type: true, permission: true }).extend({
  token: z.string().min(20).max(200).optional(),
});
const webhookTarget = z.object({ url: z.url(), secret: z.string().min(1) }).nullable();

/** Adds the routes below `/_forge`, which manage the forge and do not exist on GitHub. Every route requires the admin token. */
export function addControlRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.use('/_forge/*', async (c, next) => {
    const token = parseAuthorizationToken(c.req.header('authorization'));
    if (token === undefined || !isAdminToken(context, token)) {
      throw new HttpError(401, 'Requires the admin token of the forge', { status: '401' });
    }
    await next();
  });
  app.get('/_forge/repositories', (c) =>
    sendJson(c, listRepositories(context.database).map(toManagedRepositoryJson)),
  );
  app.post('/_forge/repositories', async (c) => {
    const { name, path } = await readBody(c, newRepository);
    const repository =
      path === undefined
        ? await createEmptyRepository(context, name)
        : await linkRepository(context, name, path);
    return sendJson(c, toManagedRepositoryJson(repository), 201);
  });
  app.get('/_forge/repositories/:owner/:repo', (c) =>
    sendJson(c, toManagedRepositoryJson(requireRepository(context, c))),
  );
  app.delete('/_forge/repositories/:owner/:repo', async (c) => {
    const repository = requireRepository(context, c);
    context.database.run('delete from repository where id = :id', { id: repository.id });
    context.closeGit(repository);
    // The git directory of a linked repository belongs to a person and is kept.
    if (!repository.linked) await rm(repository.git_dir, { recursive: true, force: true });
    return c.body(null, 204);
  });
  app.post('/_forge/users', async (c) => {
    const { login, type = 'User', permission = 'write', token } = await readBody(c, newAccount);
    putAccount(context.database, { login, type, permission });
    const secret = addToken(context.database, {
      login,
      prefix: 'ghp',
      ...(token !== undefined && { token }),
    });
    return sendJson(c, { login, type, permission, token: secret }, 201);
  });
  app.post('/_forge/faults', async (c) => {
    context.faults.set(await readBody(c, faultsSchema));
    return c.body(null, 204);
  });
  app.get('/_forge/faults', (c) => {
    const { settings, rateLimitedCalls } = context.faults;
    return sendJson(c, { settings, rateLimited: rateLimitedCalls });
  });
  app.put('/_forge/webhook', async (c) => {
    context.webhooks.setTarget((await readBody(c, webhookTarget)) ?? undefined);
    return c.body(null, 204);
  });
}

function requireRepository(context: ForgeContext, c: Context<ForgeEnv>): RepositoryRow {
  const repository = findRepositoryByName(
    context.database,
    `${readParam(c, 'owner')}/${readParam(c, 'repo')}`,
  );
  if (repository === undefined) throw notFound();
  return repository;
}

/** Returns the answer for a repository. `head` is null for an empty repository, and `branch` is null if HEAD is detached. */
function toManagedRepositoryJson(repository: RepositoryRow) {
  const gitDir = repository.git_dir;
  return {
    name: repository.name,
    defaultBranch: repository.default_branch,
    head: readRef(gitDir, 'HEAD') ?? readBranch(gitDir, repository.default_branch) ?? null,
    branch: readHeadBranch(gitDir) ?? null,
    linked: repository.linked,
    gitDir,
    branches: listBranches(gitDir).length,
  };
}
