import { createPublicKey } from 'node:crypto';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { ServerType } from '@hono/node-server';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Log } from '../../core/port/runtime.ts';
import { createApi } from './create-api.ts';
import { createFaults } from './fault.ts';
import { addFaults } from './fault-middleware.ts';
import type { ForgeContext, ForgeEnv } from './forge-context.ts';
import type { GitRepository } from './git/git-repository.ts';
import { openGitRepository } from './git/git-repository.ts';
import { createPlainGitDir } from './git/plain-git-dir.ts';
import { toErrorResponse } from './http.ts';
import { HttpError } from './http-error.ts';
import { createLock } from './lock.ts';
import { createMergeabilityReader } from './pull/mergeability.ts';
import { refreshPull } from './pull/refresh-pull.ts';
import { toBotLogin } from './route/app.ts';
import { addControlRoutes } from './route/control.ts';
import { addGraphqlRoute } from './route/graphql.ts';
import { addPageRoutes, answerErrorPage } from './route/page.ts';
import { addSmartHttpRoutes } from './smart-http/smart-http-routes.ts';
import { createDatabase } from './store/database.ts';
import { openDatabase } from './store/open-database.ts';
import { listOpenPulls } from './store/pull-store.ts';
import { listRepositories } from './store/repository-store.ts';
import { putAccount, removeExpiredTokens } from './store/token-store.ts';
import type { WebhookTarget } from './webhook.ts';
import { createWebhookSender } from './webhook.ts';

/** Options of a forge. The host is always 127.0.0.1. */
export type ForgeOptions = {
  /** 0 selects any free port. */
  readonly port: number;
  /** Folder of the database and of the repositories that are not linked; created if missing. */
  readonly dataDir: string;
  /** Token of the account `admin`, which may call every route, including the routes below `/_forge`. */
  readonly adminToken: string;
  /** The GitHub App of this forge; `key` is its private or public key in PEM format. */
  readonly app?: { readonly id: string; readonly key: string; readonly slug?: string };
  /** Absent: the forge sends no webhooks. */
  readonly webhook?: WebhookTarget;
  /** Current time in epoch milliseconds. Default: `Date.now`. */
  readonly now?: () => number;
  readonly log?: Log;
};

/** A running forge. */
export type RunningForge = {
  /** Base URL of pages and git, without a slash at the end. */
  readonly url: string;
  /** Base URL for GitHub clients. */
  readonly apiUrl: string;
  readonly port: number;
  /** Replaces the receiver of webhooks; undefined: the forge sends no webhooks. */
  setWebhook(target: WebhookTarget | undefined): void;
  close(): Promise<void>;
};

/**
 * Starts a forge on this machine: the parts of GitHub's REST, GraphQL and git interfaces that this project uses, over real git
 * repositories. The process may be killed at any time without loss of data.
 */
export async function startForge(options: ForgeOptions): Promise<RunningForge> {
  const sqlite = openDatabase(options.dataDir);
  const context = createContext(options, createDatabase(sqlite));
  context.webhooks.setTarget(options.webhook);
  putAccount(context.database, { login: 'admin', type: 'User', permission: 'admin' });
  if (context.app !== undefined) {
    const login = toBotLogin(context.app.slug);
    putAccount(context.database, { login, type: 'Bot', permission: 'write' });
  }
  removeExpiredTokens(context.database, context.now());
  const { server, port } = await startServer(createApp(context), options.port);
  context.urls.base = `http://127.0.0.1:${port}`;
  context.urls.api = `${context.urls.base}/api/v3`;
  await refreshAllPulls(context);
  return {
    url: context.urls.base,
    apiUrl: context.urls.api,
    port,
    setWebhook: (target) => context.webhooks.setTarget(target),
    close: async () => {
      context.webhooks.close();
      await stopServer(server);
      for (const repository of listRepositories(context.database)) context.closeGit(repository);
      sqlite.close();
    },
  };
}

const DEFAULT_SLUG = 'smol-gang';

function createContext(options: ForgeOptions, database: ForgeContext['database']): ForgeContext {
  const faults = createFaults();
  const repositories = new Map<string, GitRepository>();
  const { app } = options;
  const plainGitDir = join(options.dataDir, 'plain.git');
  createPlainGitDir(plainGitDir);
  return {
    database,
    dataDir: options.dataDir,
    urls: { base: '', api: '' },
    app:
      app === undefined
        ? undefined
        : { id: app.id, slug: app.slug ?? DEFAULT_SLUG, publicKey: createPublicKey(app.key) },
    adminToken: options.adminToken,
    faults,
    webhooks: createWebhookSender(faults),
    readMergeability: createMergeabilityReader(faults),
    lock: createLock(),
    log: options.log,
    now: options.now ?? Date.now,
    openGit({ git_dir: gitDir, bare }) {
      const repository = repositories.get(gitDir) ?? openGitRepository(gitDir, bare, plainGitDir);
      repositories.set(gitDir, repository);
      return repository;
    },
    closeGit({ git_dir: gitDir }) {
      repositories.get(gitDir)?.objects.close();
      repositories.delete(gitDir);
    },
  };
}

function createApp(context: ForgeContext): Hono<ForgeEnv> {
  const app = new Hono<ForgeEnv>();
  app.use('*', async (c, next) => {
    // Prevents DNS rebinding: a web page must not reach the forge through a host name that resolves to 127.0.0.1.
    const host = (c.req.header('host') ?? '').replace(/:\d+$/, '');
    if (!['127.0.0.1', 'localhost'].includes(host)) throw new HttpError(403, 'Forbidden');
    await next();
  });
  addFaults(app, context);
  app.route('/api/v3', createApi(context));
  const graphql = new Hono<ForgeEnv>();
  addGraphqlRoute(graphql, context);
  app.route('/api', graphql);
  addControlRoutes(app, context);
  addSmartHttpRoutes(app, context);
  const pages = new Hono<ForgeEnv>();
  addPageRoutes(pages, context);
  app.route('/', pages);
  app.notFound((c) => {
    const error = new HttpError(404, 'Not Found');
    return answerErrorPage(c, error) ?? toErrorResponse(error);
  });
  app.onError((error, c) => {
    if (error instanceof HttpError) return answerErrorPage(c, error) ?? toErrorResponse(error);
    const { method, path } = c.req;
    context.log?.error('the forge failed to answer a request', {
      method,
      path,
      error: error.stack,
    });
    return toErrorResponse(new HttpError(500, 'Server Error'));
  });
  return app;
}

function startServer(
  app: Hono<ForgeEnv>,
  port: number,
): Promise<{ readonly server: ServerType; readonly port: number }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, (address) => {
      resolve({ server, port: address.port });
    });
    server.on('error', reject);
  });
}

function stopServer(server: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    if (isHttpServer(server)) server.closeAllConnections();
  });
}

function isHttpServer(server: ServerType): server is Server {
  return 'closeAllConnections' in server;
}

/** Updates open pull requests whose branches moved or whose merge was interrupted before this start. */
async function refreshAllPulls(context: ForgeContext): Promise<void> {
  for (const repository of listRepositories(context.database)) {
    for (const pull of listOpenPulls(context.database, repository.id)) {
      await refreshPull(context, repository, pull);
    }
  }
}
