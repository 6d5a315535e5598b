import {
  createLocalRepositoryLinker,
  createRejectingRepositoryLinker,
} from '../../adapters/repository-linker/create-local-repository-linker.ts';
import type { RepositoryLinker } from '../../core/port/repository-linker.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';

/** Returns the interface to the local forge. In an installation without a local forge, all methods reject. */
export const getRepositoryLinker = once((): RepositoryLinker => {
  const { localForge } = readConfig(['localForge']);
  if (localForge.url === undefined || localForge.token === undefined)
    return createRejectingRepositoryLinker();
  return createLocalRepositoryLinker({ url: localForge.url, token: localForge.token });
});
