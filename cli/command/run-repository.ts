import { resolve } from 'node:path';
import { API } from '../../core/contract/api.ts';
import { usageError } from '../cli-error.ts';
import type { Client } from '../client.ts';
import { readAll } from '../client.ts';
import type { Context } from '../command.ts';
import type { LocalRepository } from '../git.ts';
import { readRepository } from '../git.ts';
import { plural } from '../render/figures.ts';
import { styled } from '../render/line.ts';

export type RepositoryChoice = {
  readonly repo?: readonly string[];
  readonly github?: readonly string[];
  readonly base?: string;
};
type PlanRepository = { name: string; base?: string; baseSha?: string };

const SHOWN_DIRTY = 5;

/** The repositories of a new plan: local ones at their present commit, GitHub's by name. Unknown ones are linked. */
export async function findRepositories(
  context: Context,
  client: Client,
  choice: RepositoryChoice,
): Promise<PlanRepository[]> {
  const github = choice.github ?? [];
  const folders = choice.repo ?? (github.length > 0 ? [] : ['.']);
  // All are looked at before the first is linked: a mistake in the second leaves nothing behind.
  const locals: LocalRepository[] = [];
  for (const folder of folders) {
    const path = resolve(context.host.cwd, folder);
    locals.push(await readRepository(path, choice.base, context.host.env));
  }
  const twice = locals.find((each, index) => locals.findIndex((o) => o.path === each.path) < index);
  if (twice !== undefined) throw usageError(`${twice.path} was named twice`);
  for (const local of locals) sayDirty(context, local);
  const found: PlanRepository[] = [];
  for (const local of locals) {
    const linked = await client.call(API.linkRepository, { body: { path: local.path } });
    found.push({ name: linked.name, base: local.branch, baseSha: local.sha });
  }
  for (const name of github) {
    await linkGithub(client, name);
    found.push({ name, ...(choice.base === undefined ? {} : { base: choice.base }) });
  }
  return found;
}

async function linkGithub(client: Client, name: string): Promise<void> {
  const known = await readAll((cursor) =>
    client.call(API.listRepositories, { query: { limit: 200, cursor } }),
  );
  if (known.some((repository) => repository.forge === 'github' && repository.name === name)) return;
  await client.call(API.linkRepository, { body: { name } });
}

function sayDirty(context: Context, local: LocalRepository): void {
  const count = local.dirty.length;
  if (count === 0) return;
  const shown = local.dirty.slice(0, SHOWN_DIRTY).join(', ');
  const more = count > SHOWN_DIRTY ? ` and ${count - SHOWN_DIRTY} more` : '';
  context.terminal.note([
    [
      styled('warn', '! '),
      `${plural(count, 'file')} in ${local.path} not committed, and so not taken: ${shown}${more}`,
    ],
    [styled('dim', `  work starts from ${local.branch}@${local.sha.slice(0, 7)}`)],
  ]);
}
