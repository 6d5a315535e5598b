import { App, Octokit, RequestError } from 'octokit';
import type { GitAccess, RepoName } from '../../core/port/forge.ts';
import type { Quota } from './create-quota.ts';
import { createQuota } from './create-quota.ts';
import { isRateLimited, translateError } from './translate-error.ts';

/**
 * Credential: a personal token, or a GitHub App. Without `installationId`, the connection looks up the installation of each
 * repository owner.
 */
export type GitHubAuth =
  | { readonly token: string }
  | { readonly appId: string; readonly privateKey: string; readonly installationId?: number };

/** Server, credential and timeout of a connection. */
export type ConnectionOptions = {
  /** Root URL of the REST API; default: the API of github.com. */
  readonly baseUrl?: string;
  readonly auth: GitHubAuth;
  /** Returns epoch milliseconds. */
  readonly now: () => number;
  readonly fetch?: typeof fetch;
  /** Timeout of one request in milliseconds; default 30,000. */
  readonly timeoutMs?: number;
};

/** Owner and name of a repository, as parameters of octokit calls. */
export type RepoParams = { readonly owner: string; readonly repo: string };

/** Token for git or for API calls; `expiresAt` in epoch milliseconds. */
export type GitToken = { readonly token: string; readonly expiresAt: number };

/** Authenticated connection to GitHub. */
export type Connection = {
  readonly now: () => number;
  /**
   * Runs requests about a repository with an authenticated client, and converts errors to AppErrors.
   *
   * @param action describes the request in error messages, for example `read acme/shop`
   */
  callForge<T>(
    action: string,
    repo: RepoName,
    work: (octokit: Octokit, repoParams: RepoParams) => Promise<T>,
  ): Promise<T>;
  /**
   * Creates a git token for the contents of one repository. The local forge also restricts writes to `branch`.
   *
   * @param readNumericId reads GitHub's id of the repository; only called for a GitHub App
   */
  createGitToken(
    repo: RepoName,
    readNumericId: () => Promise<number>,
    branch: string,
    access: GitAccess,
  ): Promise<GitToken>;
};

const DEFAULT_TIMEOUT_MS = 30_000;
/** Minimum remaining lifetime of a token in use; a token with less is replaced. */
const MIN_TOKEN_LIFETIME_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;
/** Header with the only branch that a token may write. Only the local forge reads the header; GitHub ignores unknown headers. */
const BRANCH_HEADER = 'x-smol-gang-branch';

/** Creates a connection for the configured credential. */
export function createConnection(options: ConnectionOptions): Connection {
  const { auth, now } = options;
  return 'token' in auth
    ? createTokenConnection(options, auth.token, now)
    : createAppConnection(options, auth, now);
}

export function splitRepoName(repo: RepoName): RepoParams {
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
    discardToken: () => false,
  });
  return {
    now,
    callForge: (action, repo, work) =>
      translateErrors(action, now, () => work(octokit, splitRepoName(repo))),
    // A personal token cannot be restricted. The invented expiry makes the bridge request the token again after an hour.
    createGitToken: async () => ({ token, expiresAt: now() + HOUR_MS }),
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
  const clientsByInstallation = new Map<number, Octokit>();
  const installationsByOwner = new Map<string, number>();

  async function findInstallation(repo: RepoName): Promise<number> {
    const { owner, repo: name } = splitRepoName(repo);
    const cached = auth.installationId ?? installationsByOwner.get(owner);
    if (cached !== undefined) return cached;
    const { data } = await app.octokit.rest.apps.getRepoInstallation({ owner, repo: name });
    installationsByOwner.set(owner, data.id);
    return data.id;
  }

  function getClient(installation: number): Octokit {
    const cached = clientsByInstallation.get(installation);
    if (cached !== undefined) return cached;
    const octokit = new (configureOctokit(options))();
    addRequestGuard(octokit, createQuota(now), createInstallationTokens(app, installation, now));
    clientsByInstallation.set(installation, octokit);
    return octokit;
  }

  return {
    now,
    callForge: (action, repo, work) =>
      translateErrors(action, now, async () =>
        work(getClient(await findInstallation(repo)), splitRepoName(repo)),
      ),
    createGitToken: (repo, readNumericId, branch, access) =>
      translateErrors(`create a token for ${repo}`, now, async () => {
        const { data } = await app.octokit.rest.apps.createInstallationAccessToken({
          installation_id: await findInstallation(repo),
          repository_ids: [await readNumericId()],
          permissions: { contents: access },
          headers: { [BRANCH_HEADER]: branch },
        });
        return { token: data.token, expiresAt: Date.parse(data.expires_at) };
      }),
  };
}

type TokenSource = {
  getToken(): Promise<string>;
  /** Discards the token after a 401; returns true if a new token can be created. */
  discardToken(): boolean;
};

function createInstallationTokens(app: App, installation: number, now: () => number): TokenSource {
  let current: GitToken | undefined;
  let pending: Promise<string> | undefined;
  async function requestToken(): Promise<string> {
    const { data } = await app.octokit.rest.apps.createInstallationAccessToken({
      installation_id: installation,
    });
    current = { token: data.token, expiresAt: Date.parse(data.expires_at) };
    return data.token;
  }
  return {
    async getToken() {
      if (current !== undefined && current.expiresAt - MIN_TOKEN_LIFETIME_MS > now())
        return current.token;
      pending ??= requestToken().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    discardToken() {
      const hadToken = current !== undefined;
      current = undefined;
      return hadToken;
    },
  };
}

/** Configures octokit without its retry plugins, because the engine decides about retries. */
function configureOctokit(options: ConnectionOptions) {
  const send = options.fetch ?? fetch;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const silentLog = { debug: ignoreLog, info: ignoreLog, warn: ignoreLog, error: ignoreLog };
  return Octokit.defaults({
    userAgent: 'smol-gang',
    ...(options.baseUrl !== undefined && { baseUrl: options.baseUrl.replace(/\/$/, '') }),
    log: silentLog,
    retry: { enabled: false },
    throttle: { enabled: false },
    request: {
      log: silentLog,
      fetch: (url: string, init: RequestInit) =>
        send(url, { ...init, signal: AbortSignal.timeout(timeoutMs) }),
    },
  });
}

function ignoreLog(): void {}

/**
 * Wraps each request: rejects the request while the quota is used up, adds the token, records the quota, and repeats a failed read
 * or a request with a rejected token once. Without `tokens`, octokit itself authenticates the request.
 */
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
      // A read can be repeated safely. Without the repetition, the caller would have to repeat all of its earlier requests.
      if (error.status >= 500 && options.method === 'GET') return request(options);
      if (error.status !== 401 || tokens === undefined || !tokens.discardToken()) throw error;
      // The rejected request had no effect at the forge, so one retry with a new token is safe.
      options.headers.authorization = `token ${await tokens.getToken()}`;
      return request(options);
    }
  });
}

async function translateErrors<T>(
  action: string,
  now: () => number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateError(error, action, now());
  }
}
