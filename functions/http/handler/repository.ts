import { deriveId, ID_ALPHABET } from '../../../core/access/secret.ts';
import type { API } from '../../../core/contract/api.ts';
import {
  linkRepository,
  unlinkRepository,
} from '../../../core/engine/command/repository-commands.ts';
import type { ForgeDeps } from '../../../core/engine/engine-deps.ts';
import type { RepositoryLinker } from '../../../core/port/repository-linker.ts';
import { listRepositories } from '../../../core/store/repository-store.ts';
import type { Handlers } from '../handlers.ts';

/** Dependencies of the repository routes. */
export type RepositoryDeps = {
  readonly engine: ForgeDeps;
  readonly repositoryLinker: RepositoryLinker;
};

export const repositoryHandlers = {
  linkRepository: async ({ body, actor, deps }) =>
    linkRepository(
      deps.engine,
      deps.repositoryLinker,
      body,
      actor.email,
      (name) => `r${deriveId(name, ID_ALPHABET, 10)}`,
    ),
  listRepositories: async ({ query, deps }) =>
    listRepositories(deps.engine.table, { limit: query.limit, after: query.cursor }),
  unlinkRepository: async ({ params, deps }) => {
    await unlinkRepository(deps.engine, deps.repositoryLinker, params.repository);
    return undefined;
  },
} satisfies Partial<Handlers<typeof API, RepositoryDeps>>;
