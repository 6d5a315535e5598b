import type { Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { json, param, readBody } from '../http.ts';
import { forbidden, notFound } from '../problem.ts';
import { getRepository } from '../store/repository-store.ts';
import { wireRepository } from '../wire/repository.ts';
import { permissionOf, wireUser } from '../wire/user.ts';

const change = z.object({
  private: z.boolean().optional(),
  archived: z.boolean().optional(),
  default_branch: z.string().min(1).optional(),
  allow_merge_commit: z.boolean().optional(),
  allow_squash_merge: z.boolean().optional(),
  allow_rebase_merge: z.boolean().optional(),
  /** This forge's own: whether drafts are allowed. */
  allow_drafts: z.boolean().optional(),
});

export function addRepositoryRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo', (c) =>
    json(c, wireRepository(context, c.get('repository'), c.get('caller'))),
  );
  app.get('/repos/:owner/:repo/collaborators/:username/permission', (c) => {
    const login = param(c, 'username');
    const permission = permissionOf(context, c.get('repository'), login);
    if (permission === undefined) throw notFound();
    return json(c, { permission, role_name: permission, user: wireUser(context, login) });
  });
  app.patch('/repos/:owner/:repo', async (c) => {
    const repository = c.get('repository');
    const caller = c.get('caller');
    if (caller.permission !== 'admin') throw forbidden('Must have admin rights to Repository.');
    const asked = await readBody(c, change);
    const { settings } = repository;
    context.rows.change('repository', repository.id, {
      default_branch: asked.default_branch ?? repository.default_branch,
      settings: JSON.stringify({
        private: asked.private ?? settings.private,
        archived: asked.archived ?? settings.archived,
        allowMerge: asked.allow_merge_commit ?? settings.allowMerge,
        allowSquash: asked.allow_squash_merge ?? settings.allowSquash,
        allowRebase: asked.allow_rebase_merge ?? settings.allowRebase,
        allowDrafts: asked.allow_drafts ?? settings.allowDrafts,
      }),
    });
    const changed = getRepository(context.rows, repository.id);
    if (changed === undefined) throw notFound();
    return json(c, wireRepository(context, changed, caller));
  });
}
