import { resolve } from 'node:path';
import { API } from '../../../core/contract/api.ts';
import { createUsageError } from '../../cli-error.ts';
import type { Client } from '../../client/client.ts';
import { readAllPages } from '../../client/client.ts';
import type { CommandContext } from '../../define-command.ts';
import type { LocalRepository } from '../../local-repository.ts';
import { readLocalRepository } from '../../local-repository.ts';
import { formatCount } from '../../render/layout/format-figures.ts';
import { styleSpan } from '../../render/layout/line.ts';

/** Options that choose the repositories of a plan. */
export type RepositoryChoice = {
  /** Folders of local repositories. */
  readonly repo?: readonly string[];
  /** "owner/name" of repositories on GitHub. */
  readonly github?: readonly string[];
  /** Base branch of every repository; absent: the current branch of a local repository, the default branch of others. */
  readonly base?: string;
};
type PlanRepository = { readonly name: string; readonly base?: string; readonly baseSha?: string };

const MAX_LISTED_PATHS = 5;

/**
 * Returns the repositories of a new plan: local repositories with their current commit, repositories on GitHub by name; by
 * default the repository that contains the current folder. Links the repositories that are not linked yet.
 */
export async function resolveRepositories(
  context: CommandContext,
  client: Client,
  choice: RepositoryChoice,
): Promise<PlanRepository[]> {
  const github = choice.github ?? [];
  const folders = choice.repo ?? (github.length > 0 ? [] : ['.']);
  // All local repositories are read before any is linked, so that a mistake in --repo leaves no link behind.
  const locals: LocalRepository[] = [];
  for (const folder of folders) {
    const path = resolve(context.host.cwd, folder);
    locals.push(await readLocalRepository(path, choice.base, context.host.env));
  }
  const paths = locals.map((local) => local.path);
  const duplicate = paths.find((path, index) => paths.indexOf(path) < index);
  if (duplicate !== undefined)
    throw createUsageError(`the repository ${duplicate} is named twice: name each --repo once`);
  for (const local of locals) printDirtyPaths(context, local);
  const planRepositories: PlanRepository[] = [];
  for (const local of locals) {
    const linked = await client.call(API.linkRepository, { body: { path: local.path } });
    planRepositories.push({ name: linked.name, base: local.branch, baseSha: local.sha });
  }
  for (const name of github) {
    await linkGithubRepository(client, name);
    planRepositories.push({ name, ...(choice.base === undefined ? {} : { base: choice.base }) });
  }
  return planRepositories;
}

async function linkGithubRepository(client: Client, name: string): Promise<void> {
  const linkedRepositories = await readAllPages((cursor) =>
    client.call(API.listRepositories, { query: { limit: 200, cursor } }),
  );
  if (
    linkedRepositories.some(
      (repository) => repository.forge === 'github' && repository.name === name,
    )
  )
    return;
  await client.call(API.linkRepository, { body: { name } });
}

function printDirtyPaths(context: CommandContext, local: LocalRepository): void {
  const count = local.dirtyPaths.length;
  if (count === 0) return;
  const listed = local.dirtyPaths.slice(0, MAX_LISTED_PATHS).join(', ');
  const hidden = count > MAX_LISTED_PATHS ? ` and ${count - MAX_LISTED_PATHS} more` : '';
  context.terminal.printNotes([
    [
      styleSpan('warn', '! '),
      `the plan does not contain ${formatCount(count, 'uncommitted file')} of ${local.path}: ${listed}${hidden}`,
    ],
    [styleSpan('dim', `  the work starts from commit ${local.sha.slice(0, 7)} of ${local.branch}`)],
  ]);
}
