import { AppError } from '../../base/app-error.ts';
import { listPages } from '../../base/list-pages.ts';
import type { LinkRepository, Repository } from '../../contract/repository.ts';
import type { Hosting } from '../../port/hosting.ts';
import {
  listRepositories,
  loadRepository,
  putRepository,
  removeRepository,
} from '../../store/repository-store.ts';
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';

/** Makes a repository known; one that is known already is answered as it is. */
export async function linkRepository(
  deps: Pick<EngineDeps, 'table' | 'forges' | 'clock'>,
  hosting: Hosting,
  input: LinkRepository,
  actor: string,
  idOf: (name: string) => string,
): Promise<Repository> {
  const found =
    'path' in input
      ? { forge: 'local' as const, ...(await hosting.link(input.path)) }
      : await requireGitHubRepository(deps, input.name);
  const known = await loadRepository(deps.table, found.name);
  if (known !== undefined) return known;
  const { name, forge, url, defaultBranch } = found;
  const repository: Repository = {
    id: idOf(name),
    name,
    forge,
    url,
    defaultBranch,
    createdAt: deps.clock.now(),
    createdBy: actor,
  };
  await putRepository(deps.table, repository);
  return (await loadRepository(deps.table, name)) ?? repository;
}

async function requireGitHubRepository(
  deps: Pick<EngineDeps, 'forges'>,
  name: string,
): Promise<{
  readonly forge: 'github';
  readonly name: string;
  readonly url: string;
  readonly defaultBranch: string;
}> {
  const facts = await deps.forges.github.readRepository(name);
  if (facts.archived)
    throw new AppError(
      'invalid',
      'repository_archived',
      `${facts.name} is archived: nothing can be pushed to it`,
    );
  if (!facts.permissions.push)
    throw new AppError(
      'auth',
      'repository_read_only',
      `the configured GitHub credential may not push to ${facts.name}`,
    );
  return { forge: 'github', name: facts.name, url: facts.url, defaultBranch: facts.defaultBranch };
}

/** Nothing in the repository is touched. */
export async function unlinkRepository(
  deps: StoreDeps,
  hosting: Hosting,
  id: string,
): Promise<void> {
  const repositories = listPages((after) => listRepositories(deps.table, { limit: 200, after }));
  for await (const repository of repositories) {
    if (repository.id !== id) continue;
    await removeRepository(deps.table, repository.name);
    if (repository.forge === 'local') await hosting.unlink(repository.name);
    return;
  }
  throw new AppError('notFound', 'repository_unknown', `there is no repository ${id}`);
}
