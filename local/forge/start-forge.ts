import { createPublicKey } from 'node:crypto';
import type { Server } from 'node:http';
import type { ServerType } from '@hono/node-server';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Log } from '../../core/port/runtime.ts';
import { createApi } from './api.ts';
import { createFaults } from './fault.ts';
import { addFaults } from './fault-middleware.ts';
import type { ForgeContext, ForgeEnv } from './forge-context.ts';
import type { GitRepository } from './git/git-repository.ts';
import { openGitRepository } from './git/git-repository.ts';
import { sendProblem } from './http.ts';
import { createLock } from './lock.ts';
import { Problem } from './problem.ts';
import { createMergeability } from './pull/mergeability.ts';
import { refreshPull } from './pull/refresh-pull.ts';
import { botLogin } from './route/app.ts';
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

export type ForgeOptions = {
  /** 0 takes any free one. The host is always 127.0.0.1. */
  readonly port: number;
  /** Database and own repositories; made when missing. */
  readonly dataDir: string;
  /** Opens everything, `/_forge` too; as an account it is `admin`. */
  readonly adminToken: string;
  /** The GitHub App that may sign in here; either half of its key pair as PEM. */
  readonly app?: { readonly id: string; readonly key: string; readonly slug?: string };
  readonly webhook?: WebhookTarget;
  readonly now?: () => number;
  readonly log?: Log;
};

export type RunningForge = {
  /** Without a slash at the end; pages and git are below it. */
  readonly url: string;
  /** The base URL for a GitHub client. */
  readonly apiUrl: string;
  readonly port: number;
  setWebhook(target: WebhookTarget | undefined): void;
  close(): Promise<void>;
};

/** A forge on this machine: GitHub's interface over real git repositories. Its data survive being killed at any time. */
export async function startForge(options: ForgeOptions): Promise<RunningForge> {
  const database = openDatabase(options.dataDir);
  const context = createContext(options, createRows(database));
  context.webhooks.setTarget(options.webhook);
  putAccount(context.rows, { login: 'admin', type: 'User', permission: 'admin' });
  if (context.app !== undefined) {
    const login = botLogin(context.app.slug);
    putAccount(context.rows, { login, type: 'Bot', permission: 'write' });
  }
  removeExpiredTokens(context.rows, context.now());
  const { server, port } = await listen(createServer(context), options.port);
  context.urls.base = `http://127.0.0.1:${port}`;
  context.urls.api = `${context.urls.base}/api/v3`;
  await settleAll(context);
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
    // A page of another site must not reach this one through a name that it made point here.
    const host = (c.req.header('host') ?? '').replace(/:\d+$/, '');
    if (!['127.0.0.1', 'localhost'].includes(host)) throw new Problem(403, 'Forbidden');
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
  app.notFound(() => sendProblem(new Problem(404, 'Not Found')));
  app.onError((error, c) => {
    if (error instanceof Problem) return sendProblem(error);
    const { method, path } = c.req;
    context.log?.error('the forge failed', { method, path, error: error.stack });
    return sendProblem(new Problem(500, 'Server Error'));
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

/** Whatever was half done when the last process died is found by looking. */
async function settleAll(context: ForgeContext): Promise<void> {
  for (const repository of listRepositories(context.rows)) {
    for (const pull of listOpenPulls(context.rows, repository.id)) {
      await refreshPull(context, repository, pull);
    }
  }
}
