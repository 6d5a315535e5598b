import { App, Octokit, RequestError } from 'octokit';
import type { GitAccess, RepoName } from '../../core/port/forge.ts';
import type { Quota } from './create-quota.ts';
import { createQuota } from './create-quota.ts';
import { isRateLimited, translateError } from './translate-error.ts';

export type GitHubAuth =
  | { readonly token: string }
  | { readonly appId: string; readonly privateKey: string; readonly installationId?: number };

export type ConnectionOptions = {
  /** Root of the REST interface; GitHub's own unless told. */
  readonly baseUrl?: string;
  readonly auth: GitHubAuth;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
};

export type RepositoryId = { readonly owner: string; readonly repo: string };

/** A narrowed token for git. */
export type PushToken = { readonly token: string; readonly expiresAt: number };

export type Connection = {
  readonly now: () => number;
  /** Runs calls about a repository with the client that may make them, and translates what they throw. */
  callForge<T>(
    what: string,
    repo: RepoName,
    work: (octokit: Octokit, id: RepositoryId) => Promise<T>,
  ): Promise<T>;
  /** Good for the contents of one repository; to write, where the forge knows it, for one branch of it only. */
  createPushToken(
    repo: RepoName,
    repositoryId: () => Promise<number>,
    branch: string,
    access: GitAccess,
  ): Promise<PushToken>;
};

const DEFAULT_TIMEOUT_MS = 30_000;
/** Tokens are renewed this long before they end. */
const TOKEN_MARGIN_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;
/** The laptop's forge narrows a token to this branch; GitHub ignores headers that it does not know. */
const BRANCH_HEADER = 'x-smol-gang-branch';

export function createConnection(options: ConnectionOptions): Connection {
  const { auth, now } = options;
  return 'token' in auth
    ? createTokenConnection(options, auth.token, now)
    : createAppConnection(options, auth, now);
}

export function splitRepoName(repo: RepoName): RepositoryId {
  const [owner = '', name = ''] = repo.split('/');
  return { owner, repo: name };
}

function createTokenConnection(
  options: ConnectionOptions,
  token: string,
  now: () => number,
): Connection {
  const octokit = new (configureOctokit(options))();
  addRequestGuard(octokit, createQuota(now), {
    getToken: async () => token,
    forgetToken: () => false,
  });
  return {
    now,
    callForge: (what, repo, work) =>
      translateErrors(what, now, () => work(octokit, splitRepoName(repo))),
    // Nothing narrower can be made of a person's token. It is asked for again after an hour all the same.
    createPushToken: async () => ({ token, expiresAt: now() + HOUR_MS }),
  };
}

function createAppConnection(
  options: ConnectionOptions,
  auth: Extract<GitHubAuth, { readonly appId: string }>,
  now: () => number,
): Connection {
  const { appId, privateKey } = auth;
  const app = new App({ appId, privateKey, Octokit: configureOctokit(options) });
  addRequestGuard(app.octokit, createQuota(now));
  const clients = new Map<number, Octokit>();
  const installations = new Map<string, number>();

  async function installationOf(repo: RepoName): Promise<number> {
    const { owner, repo: name } = splitRepoName(repo);
    const known = auth.installationId ?? installations.get(owner);
    if (known !== undefined) return known;
    const { data } = await app.octokit.rest.apps.getRepoInstallation({ owner, repo: name });
    installations.set(owner, data.id);
    return data.id;
  }

  function clientOf(installation: number): Octokit {
    const known = clients.get(installation);
    if (known !== undefined) return known;
    const octokit = new (configureOctokit(options))();
    addRequestGuard(octokit, createQuota(now), createInstallationTokens(app, installation, now));
    clients.set(installation, octokit);
    return octokit;
  }

  return {
    now,
    callForge: (what, repo, work) =>
      translateErrors(what, now, async () =>
        work(clientOf(await installationOf(repo)), splitRepoName(repo)),
      ),
    createPushToken: (repo, repositoryId, branch, access) =>
      translateErrors(`make a token for ${repo}`, now, async () => {
        const { data } = await app.octokit.rest.apps.createInstallationAccessToken({
          installation_id: await installationOf(repo),
          repository_ids: [await repositoryId()],
          permissions: { contents: access },
          headers: { [BRANCH_HEADER]: branch },
        });
        return { token: data.token, expiresAt: Date.parse(data.expires_at) };
      }),
  };
}

type TokenSource = {
  getToken(): Promise<string>;
  /** Forgets the token after a 401; true when a new one can be had. */
  forgetToken(): boolean;
};

function createInstallationTokens(app: App, installation: number, now: () => number): TokenSource {
  let known: { readonly token: string; readonly expiresAt: number } | undefined;
  let asking: Promise<string> | undefined;
  async function ask(): Promise<string> {
    const { data } = await app.octokit.rest.apps.createInstallationAccessToken({
      installation_id: installation,
    });
    known = { token: data.token, expiresAt: Date.parse(data.expires_at) };
    return data.token;
  }
  return {
    async getToken() {
      if (known !== undefined && known.expiresAt - TOKEN_MARGIN_MS > now()) return known.token;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    forgetToken() {
      const had = known !== undefined;
      known = undefined;
      return had;
    },
  };
}

/** Octokit without its plugins that wait and ask again: the engine decides when to come back. */
function configureOctokit(options: ConnectionOptions) {
  const send = options.fetch ?? fetch;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const silent = { debug: ignoreLog, info: ignoreLog, warn: ignoreLog, error: ignoreLog };
  return Octokit.defaults({
    userAgent: 'smol-gang',
    ...(options.baseUrl !== undefined && { baseUrl: options.baseUrl.replace(/\/$/, '') }),
    log: silent,
    retry: { enabled: false },
    throttle: { enabled: false },
    request: {
      log: silent,
      fetch: (url: string, init: RequestInit) =>
        send(url, { ...init, signal: AbortSignal.timeout(timeoutMs) }),
    },
  });
}

function ignoreLog(): void {}

/** Signs each request, and keeps to the quota. */
function addRequestGuard(octokit: Octokit, quota: Quota, tokens?: TokenSource): void {
  octokit.hook.wrap('request', async (request, options) => {
    quota.requireAvailable(options.url);
    try {
      if (tokens !== undefined) options.headers.authorization = `token ${await tokens.getToken()}`;
      const response = await request(options);
      quota.recordHeaders(options.url, response.headers, false);
      return response;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.response !== undefined) {
        quota.recordHeaders(options.url, error.response.headers, isRateLimited(error));
      }
      // A read may simply be read again; the many steps before it need not be.
      if (error.status >= 500 && options.method === 'GET') return request(options);
      if (error.status !== 401 || tokens === undefined || !tokens.forgetToken()) throw error;
      // Nothing was done yet: a token that was revoked or forgotten is replaced once.
      options.headers.authorization = `token ${await tokens.getToken()}`;
      return request(options);
    }
  });
}

async function translateErrors<T>(
  what: string,
  now: () => number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateError(error, what, now());
  }
}
