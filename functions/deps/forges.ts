import { createGitHubForge } from '../../adapters/github/create-github-forge.ts';
import { AppError } from '../../core/error.ts';
import type { Forge } from '../../core/port/forge.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { refusing } from './refusing.ts';
import { clock } from './runtime.ts';

export const forges = once(() => ({ github: github(), local: localForge() }));

/** GitHub as it is configured; without a credential every call says what to set. */
function github(): Forge {
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
  return unconfigured(
    'GitHub is not configured: set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY',
  );
}

function localForge(): Forge {
  const { localForge } = readConfig(['localForge']);
  if (localForge.url === undefined || localForge.appPrivateKey === undefined)
    return unconfigured(
      'there is no local forge here; repositories by path exist only on the laptop platform',
    );
  return createGitHubForge({
    baseUrl: `${localForge.url}/api/v3`,
    auth: { appId: localForge.appId, privateKey: localForge.appPrivateKey },
    now: clock.now,
  });
}

function unconfigured(message: string): Forge {
  return refusing(() => new AppError('invalid', 'forge_not_configured', message));
}
