import { createGitHubForge } from '../../adapters/github/create-github-forge.ts';
import { AppError } from '../../core/base/app-error.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import type { Forge } from '../../core/port/forge.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { clock } from './runtime.ts';

const getGitHub = once(createGitHub);
const getLocalForge = once(createLocalForge);

/** Returns the forges. Reading the property of a forge that is not configured throws AppError `forge_not_configured`. */
export const getForges = once((): EngineDeps['forges'] => ({
  get github() {
    return getGitHub();
  },
  get local() {
    return getLocalForge();
  },
}));

function createGitHub(): Forge {
  const { github } = readConfig(['github']);
  const baseUrl = github.apiUrl;
  if (github.appId !== undefined && github.appPrivateKey !== undefined) {
    return createGitHubForge({
      baseUrl,
      auth: { appId: github.appId, privateKey: github.appPrivateKey },
      now: clock.now,
    });
  }
  if (github.token !== undefined)
    return createGitHubForge({ baseUrl, auth: { token: github.token }, now: clock.now });
  throw createNotConfiguredError(
    'GitHub is not configured: set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY',
  );
}

function createLocalForge(): Forge {
  const { localForge } = readConfig(['localForge']);
  if (localForge.url === undefined || localForge.appPrivateKey === undefined)
    throw createNotConfiguredError(
      'this installation has no local forge; only a laptop installation can use a repository by its path',
    );
  const forge = createGitHubForge({
    baseUrl: `${localForge.url}/api/v3`,
    auth: { appId: localForge.appId, privateKey: localForge.appPrivateKey },
    now: clock.now,
  });
  // The local forge runs no workflows.
  return { ...forge, workflowFiles: undefined };
}

function createNotConfiguredError(message: string): AppError {
  return new AppError('invalid', 'forge_not_configured', message);
}
