import { AppError } from '../../base/app-error.ts';
import { listPages } from '../../base/list-pages.ts';
import type { LinkRepository, Repository } from '../../contract/repository.ts';
import type { Forge, RepositoryFacts } from '../../port/forge.ts';
import type { RepositoryLinker } from '../../port/repository-linker.ts';
import {
  listRepositories,
  loadRepository,
  putRepository,
  removeRepository,
} from '../../store/repository-store.ts';
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';

/**
 * Links a repository, or returns the existing link. Throws `repository_archived` or `repository_read_only`. `deriveId` derives the
 * id of the link from the name of the repository.
 */
export async function linkRepository(
  deps: Pick<EngineDeps, 'table' | 'forges' | 'clock'>,
  repositoryLinker: RepositoryLinker,
  input: LinkRepository,
  actor: string,
  deriveId: (name: string) => string,
): Promise<Repository> {
  const source =
    'path' in input
      ? { forge: input.forge, path: input.path, ...(await repositoryLinker.link(input.path)) }
      : {
          forge: input.forge,
          ...(await requireWritableRepository(deps.forges[input.forge], input.name)),
        };
  const linked = await loadRepository(deps.table, source.name);
  if (linked !== undefined) return linked;
  const { name, forge, url, defaultBranch } = source;
  const repository: Repository = {
    id: deriveId(name),
    name,
    forge,
    url,
    ...('path' in source ? { path: source.path } : {}),
    defaultBranch,
    createdAt: deps.clock.now(),
    createdBy: actor,
  };
  await putRepository(deps.table, repository);
  return (await loadRepository(deps.table, name)) ?? repository;
}

async function requireWritableRepository(
  forge: Pick<Forge, 'readRepository'>,
  name: string,
): Promise<Pick<RepositoryFacts, 'name' | 'url' | 'defaultBranch'>> {
  const repository = await forge.readRepository(name);
  if (repository.archived)
    throw new AppError(
      'invalid',
      'repository_archived',
      `repository ${repository.name} is archived, so branches cannot be pushed; unarchive the repository first`,
    );
  if (!repository.permissions.push)
    throw new AppError(
      'auth',
      'repository_read_only',
      `the configured credential cannot push to ${repository.name}; grant the credential write access to the repository`,
    );
  return repository;
}

/** Removes the link of a repository; the repository itself stays unchanged. Throws `repository_unknown`. */
export async function unlinkRepository(
  deps: StoreDeps,
  repositoryLinker: RepositoryLinker,
  id: string,
): Promise<void> {
  const repositories = listPages((after) => listRepositories(deps.table, { limit: 200, after }));
  for await (const repository of repositories) {
    if (repository.id !== id) continue;
    await removeRepository(deps.table, repository.name);
    if (repository.forge === 'local') await repositoryLinker.unlink(repository.name);
    return;
  }
  throw new AppError(
    'notFound',
    'repository_unknown',
    `there is no linked repository with the id ${id}; GET /v1/repositories lists all linked repositories`,
  );
}
