import type { Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { inspectRepository } from '../git/inspect-repository.ts';
import { readBody, readParam, sendJson } from '../http.ts';
import { forbidden, notFound } from '../http-error.ts';
import { findRepositoryById } from '../store/repository-store.ts';
import { toRepositoryJson } from '../wire/repository.ts';
import { findPermission, toUserJson } from '../wire/user.ts';

const repositoryChange = z.object({
  private: z.boolean().optional(),
  archived: z.boolean().optional(),
  default_branch: z.string().min(1).optional(),
  allow_merge_commit: z.boolean().optional(),
  allow_squash_merge: z.boolean().optional(),
  allow_rebase_merge: z.boolean().optional(),
  /** Does not exist on GitHub, where the paid plan of the account decides. */
  allow_drafts: z.boolean().optional(),
});

export function addRepositoryRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo', (c) =>
    sendJson(c, {
      ...toRepositoryJson(context, c.get('repository'), c.get('caller')),
      // Does not exist on GitHub. The format of a linked repository can change at any time.
      problems: inspectRepository(c.get('repository').git_dir),
    }),
  );
  app.get('/repos/:owner/:repo/collaborators/:username/permission', (c) => {
    const login = readParam(c, 'username');
    const permission = findPermission(context, c.get('repository'), login);
    if (permission === undefined) throw notFound();
    return sendJson(c, { permission, role_name: permission, user: toUserJson(context, login) });
  });
  app.patch('/repos/:owner/:repo', async (c) => {
    const repository = c.get('repository');
    const caller = c.get('caller');
    if (caller.permission !== 'admin') throw forbidden('Must have admin rights to Repository.');
    const change = await readBody(c, repositoryChange);
    const { settings } = repository;
    context.database.update('repository', repository.id, {
      default_branch: change.default_branch ?? repository.default_branch,
      settings: JSON.stringify({
        private: change.private ?? settings.private,
        archived: change.archived ?? settings.archived,
        allowMerge: change.allow_merge_commit ?? settings.allowMerge,
        allowSquash: change.allow_squash_merge ?? settings.allowSquash,
        allowRebase: change.allow_rebase_merge ?? settings.allowRebase,
        allowDrafts: change.allow_drafts ?? settings.allowDrafts,
      }),
    });
    const changed = findRepositoryById(context.database, repository.id);
    if (changed === undefined) throw notFound();
    return sendJson(c, toRepositoryJson(context, changed, caller));
  });
}
