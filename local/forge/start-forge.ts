import { createPublicKey } from 'node:crypto';
import type { Server } from 'node:http';
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
import { httpErrorResponse } from './http.ts';
import { HttpError } from './http-error.ts';
import { createLock } from './lock.ts';
import { createMergeability } from './pull/mergeability.ts';
import { refreshPull } from './pull/refresh-pull.ts';
import { toBotLogin } from './route/app.ts';
import { addControlRoutes } from './route/control.ts';
import { addGraphqlRoute } from './route/graphql.ts';
import { addPageRoutes } from './route/page.ts';
import { addSmartHttpRoutes } from './smart-http/smart-http-routes.ts';
import { openDatabase } from './store/open-database.ts';
import { listOpenPulls } from './store/pull-store.ts';
import { listRepositories } from './store/repository-store.ts';
import { createRows } from './store/rows.ts';
import { putAccount, removeExpiredTokens } from './store/token-store.ts';
import type { WebhookTarget } from './webhook.ts';
import { createWebhookSender } from './webhook.ts';

/** Options of a forge. The host is always 127.0.0.1. */
export type ForgeOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  /** Folder of the database and of the forge's own repositories; created when missing. */
  readonly dataDir: string;
  /** Token of the account `admin`, which may call everything, `/_forge` included. */
  readonly adminToken: string;
  /** The GitHub App of this forge; `key` is either half of its key pair as PEM. */
  readonly app?: { readonly id: string; readonly key: string; readonly slug?: string };
  readonly webhook?: WebhookTarget;
  /** Current time in epoch milliseconds. Default: `Date.now`. */
  readonly now?: () => number;
  readonly log?: Log;
};

/** A forge that listens. */
export type RunningForge = {
  /** Base URL of pages and git, without a slash at the end. */
  readonly url: string;
  /** Base URL of a GitHub client. */
  readonly apiUrl: string;
  readonly port: number;
  setWebhook(target: WebhookTarget | undefined): void;
  close(): Promise<void>;
};

/** Starts a forge on this machine: GitHub's interface over real git repositories. Its data survive a kill at any time. */
export async function startForge(options: ForgeOptions): Promise<RunningForge> {
  const database = openDatabase(options.dataDir);
  const context = createContext(options, createRows(database));
  context.webhooks.setTarget(options.webhook);
  putAccount(context.rows, { login: 'admin', type: 'User', permission: 'admin' });
  if (context.app !== undefined) {
    const login = toBotLogin(context.app.slug);
    putAccount(context.rows, { login, type: 'Bot', permission: 'write' });
  }
  removeExpiredTokens(context.rows, context.now());
  const { server, port } = await listen(createServer(context), options.port);
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
      await stop(server);
      for (const repository of listRepositories(context.rows)) context.forgetGit(repository);
      database.close();
    },
  };
}

const DEFAULT_SLUG = 'smol-gang';

function createContext(options: ForgeOptions, rows: ForgeContext['rows']): ForgeContext {
  const faults = createFaults();
  const repositories = new Map<string, GitRepository>();
  const { app } = options;
  return {
    rows,
    dataDir: options.dataDir,
    urls: { base: '', api: '' },
    app:
      app === undefined
        ? undefined
        : { id: app.id, slug: app.slug ?? DEFAULT_SLUG, publicKey: createPublicKey(app.key) },
    adminToken: options.adminToken,
    faults,
    webhooks: createWebhookSender(faults),
    mergeability: createMergeability(faults),
    lock: createLock(),
    log: options.log,
    now: options.now ?? Date.now,
    git({ git_dir: gitDir, bare }) {
      const known = repositories.get(gitDir) ?? openGitRepository(gitDir, bare);
      repositories.set(gitDir, known);
      return known;
    },
    forgetGit({ git_dir: gitDir }) {
      repositories.get(gitDir)?.objects.close();
      repositories.delete(gitDir);
    },
  };
}

function createServer(context: ForgeContext): Hono<ForgeEnv> {
  const app = new Hono<ForgeEnv>();
  app.use('*', async (c, next) => {
    // DNS rebinding: a page of another site must not reach the forge through its own host name.
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
  app.notFound(() => httpErrorResponse(new HttpError(404, 'Not Found')));
  app.onError((error, c) => {
    if (error instanceof HttpError) return httpErrorResponse(error);
    const { method, path } = c.req;
    context.log?.error('the forge failed to answer a request', {
      method,
      path,
      error: error.stack,
    });
    return httpErrorResponse(new HttpError(500, 'Server Error'));
  });
  return app;
}

function listen(
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

function stop(server: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    if (isHttpServer(server)) server.closeAllConnections();
  });
}

function isHttpServer(server: ServerType): server is Server {
  return 'closeAllConnections' in server;
}

/** Completes work that the last process left half done. */
async function refreshAllPulls(context: ForgeContext): Promise<void> {
  for (const repository of listRepositories(context.rows)) {
    for (const pull of listOpenPulls(context.rows, repository.id)) {
      await refreshPull(context, repository, pull);
    }
  }
}
