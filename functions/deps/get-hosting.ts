import {
  createLocalHosting,
  createNoHosting,
} from '../../adapters/hosting/create-local-hosting.ts';
import type { Hosting } from '../../core/port/hosting.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';

/** Returns the interface to the local forge. In an installation without a local forge, all methods reject. */
export const getHosting = once((): Hosting => {
  const { localForge } = readConfig(['localForge']);
  if (localForge.url === undefined || localForge.token === undefined) return createNoHosting();
  return createLocalHosting({ url: localForge.url, token: localForge.token });
});
