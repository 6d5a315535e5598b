import { join } from 'node:path';
import type { AccessDeps } from '../../core/access/access-deps.ts';
import type { EnsuredAdmin } from '../../core/access/change-user.ts';
import { ensureAdmin } from '../../core/access/change-user.ts';
import { issueSignInCode } from '../../core/access/one-time-secret.ts';
import { describeError } from '../../core/base/describe-error.ts';
import type { Log } from '../../core/port/runtime.ts';
import { QUEUES } from '../../core/topology/queues.ts';
import { HTTP_FUNCTIONS, SOCKET_ROUTES } from '../../core/topology/routes.ts';
import { SCHEDULES } from '../../core/topology/schedules.ts';
import { listOperatorSections, readConfig } from '../../functions/config.ts';
import { checkPort } from '../check-port.ts';
import type { Credential } from '../credential.ts';
import { createCredential } from '../credential.ts';
import type { RunningForge } from '../forge/start-forge.ts';
import { startForge } from '../forge/start-forge.ts';
import type { SocketHandlers } from '../gateway/socket-gateway.ts';
import type { Gateway } from '../gateway/start-gateway.ts';
import { startGateway } from '../gateway/start-gateway.ts';
import { loadHandler } from '../lambda-handler.ts';
import { startQueuePoller } from '../source/start-queue-poller.ts';
import { startScheduler } from '../source/start-scheduler.ts';
import { claimData } from './claim-data.ts';
import { collectToolEnvironment, collectToolFiles } from './collect-tool-environment.ts';
import type { PlatformStorage } from './open-storage.ts';
import { openStorage } from './open-storage.ts';
import type { PlatformKeys } from './platform-keys.ts';
import { loadPlatformKeys } from './platform-keys.ts';
import type { PlatformSettings } from './platform-settings.ts';
import { getDataLayout } from './platform-settings.ts';
import { prepareAttemptsFolder } from './prepare-attempts-folder.ts';
import { resolveProgramPath } from './resolve-program-path.ts';
import { startExpiry } from './start-expiry.ts';
import { writeCliFile } from './write-cli-file.ts';

// Starts the parts of the local platform one after another, and stops the parts in reverse order. The handlers are the same as
// in AWS Lambda and read the addresses of all parts from the environment.

const REGION = 'us-east-1';
const APP_ID = '1';

/** A running local platform. */
export type Platform = {
  /** Address of the API for people: http://localhost:<port>. */
  readonly url: string;
  readonly forgeUrl: string;
  readonly admin: EnsuredAdmin;
  /** Returns a link that signs the admin in; valid once, for ten minutes. */
  createSignInLink(): Promise<string>;
  close(): Promise<void>;
};

/** Folder of this checkout. npm adds its program folders to PATH. */
const CHECKOUT = join(import.meta.dirname, '../..');

/** Values that all start steps share. */
type StartContext = {
  readonly settings: PlatformSettings;
  /** Environment of the handlers; `publishAddresses` extends it. */
  readonly env: Record<string, string | undefined>;
  readonly log: Log;
  readonly paths: ReturnType<typeof getDataLayout>;
  readonly port: number;
  readonly forgePort: number;
  readonly keys: PlatformKeys;
  readonly credential: Credential;
  /** Registers a function that stops a part. When the platform stops, the functions run in reverse order of registration. */
  readonly onStop: (stop: () => Promise<void>) => void;
};

/** Starts the platform. If a step fails, stops the parts that are already running and throws the error of that step. */
export async function startPlatform(
  settings: PlatformSettings,
  env: Record<string, string | undefined>,
  log: Log,
): Promise<Platform> {
  const stopActions: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const stop of stopActions.toReversed())
      await stop().catch((error: unknown) =>
        log.warn('a part of the platform did not stop', { cause: describeError(error) }),
      );
  };
  try {
    const context = await prepareStart(settings, env, log, (stop) => stopActions.push(stop));
    return { ...(await startParts(context)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Checks the settings and the ports, and claims the data folder, before any part starts. */
async function prepareStart(
  settings: PlatformSettings,
  env: Record<string, string | undefined>,
  log: Log,
  onStop: StartContext['onStop'],
): Promise<StartContext> {
  // Reports an invalid setting now instead of in the first request.
  readConfig(listOperatorSections(), env);
  if (env.AUTH_SECRETS) readConfig(['auth'], env);
  const port = await checkPort('PORT', settings.port);
  const forgePort = await checkPort('SMOL_FORGE_PORT', settings.forgePort);
  onStop(await claimData(settings.dataDir, settings.store));
  const launcher = await prepareAttemptsFolder(settings.dataDir, env);
  const paths = { ...getDataLayout(settings.dataDir), launcher };
  const keys = await loadPlatformKeys(paths.keys);
  const credential = createCredential();
  return { settings, env, log, paths, port, forgePort, keys, credential, onStop };
}

async function startParts(context: StartContext): Promise<Omit<Platform, 'close'>> {
  const storage = await startStorage(context);
  const forge = await startLocalForge(context);
  publishAddresses(context, storage, forge);
  // Imported after the addresses are published, because adapters read the environment on first use.
  const { getAccessDeps } = await import('../../functions/deps/get-access-deps.ts');
  const gateway = await startApiGateway(context, forge.url);
  const url = `http://localhost:${gateway.port}`;
  const admin = await prepareAdmin(context, url, getAccessDeps());
  await startPoller(context, storage);
  await startSchedules(context);
  return {
    url,
    forgeUrl: forge.url,
    admin,
    createSignInLink: async () =>
      `${url}/#signin=${(await issueSignInCode(getAccessDeps(), admin.email)).code}`,
  };
}

/** Opens the table and the queues, and starts the removal of expired items. */
async function startStorage(context: StartContext): Promise<PlatformStorage> {
  const { paths, settings, credential, log, env, onStop } = context;
  const storage = await openStorage({
    kind: settings.store,
    storeDir: paths.store,
    queuesDir: paths.queues,
    credential,
    log,
    env,
  });
  onStop(() => storage.close());
  const expiry = startExpiry(storage.removeExpired, log);
  onStop(() => expiry.close());
  return storage;
}

async function startLocalForge(context: StartContext): Promise<RunningForge> {
  const { forgePort, paths, keys, port, log, onStop } = context;
  const forge = await startForge({
    port: forgePort,
    dataDir: paths.forge,
    adminToken: keys.forgeToken,
    app: { id: APP_ID, key: keys.forgeAppKey },
    webhook: { url: `http://127.0.0.1:${port}/v1/hooks/github`, secret: keys.webhookSecret },
    log,
  });
  onStop(() => forge.close());
  return forge;
}

/** Writes the addresses and secrets of all parts to the environment of the handlers. */
function publishAddresses(
  context: StartContext,
  storage: PlatformStorage,
  forge: RunningForge,
): void {
  const { env, credential, port, keys, paths, settings } = context;
  Object.assign(env, {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: credential.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credential.secretAccessKey,
    ...storage.env,
    SOCKET_URL: `ws://localhost:${port}/socket`,
    SOCKET_ENDPOINT: `http://127.0.0.1:${port}`,
    API_URL: `http://127.0.0.1:${port}`,
    AUTH_SECRETS: joinSecrets(env.AUTH_SECRETS, keys.authSecret),
    GITHUB_WEBHOOK_SECRETS: joinSecrets(keys.webhookSecret, env.GITHUB_WEBHOOK_SECRETS),
    LOCAL_FORGE_URL: forge.url,
    LOCAL_FORGE_TOKEN: keys.forgeToken,
    LOCAL_FORGE_APP_ID: APP_ID,
    LOCAL_FORGE_APP_PRIVATE_KEY: keys.forgeAppKey,
    LAUNCHER: env.LAUNCHER ?? 'process',
    LAUNCHER_DIR: paths.launcher,
    LAUNCHER_PATH: env.LAUNCHER_PATH ?? resolveProgramPath(env.PATH, process.execPath, CHECKOUT),
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE ?? paths.codeCache,
    SMOL_TOOL_ENV: JSON.stringify(collectToolEnvironment(env)),
    SMOL_TOOL_FILES: JSON.stringify(collectToolFiles(settings.toolConfigFiles, env.HOME)),
    SMOL_DATA_DIR: settings.dataDir,
    LOG_FILE: paths.log,
  });
}

/** Joins lists of secrets, each separated by commas; a secret that several lists contain appears once. */
function joinSecrets(...lists: readonly (string | undefined)[]): string {
  const secrets = lists.flatMap((list) => (list ?? '').split(',').map((secret) => secret.trim()));
  return [...new Set(secrets.filter((secret) => secret !== ''))].join(',');
}

async function startApiGateway(context: StartContext, forgeUrl: string): Promise<Gateway> {
  const { port, credential, log, onStop } = context;
  const functions = await Promise.all(
    HTTP_FUNCTIONS.map(async (definition) => ({
      ...definition,
      handler: await loadHandler(definition.handler),
    })),
  );
  const socketHandlers = await Promise.all(
    SOCKET_ROUTES.map(async ({ route, handler }) => [route, await loadHandler(handler)] as const),
  );
  const sockets = requireSocketHandlers(Object.fromEntries(socketHandlers));
  const gateway = await startGateway({ port, functions, sockets, credential, forgeUrl, log });
  onStop(() => gateway.close());
  return gateway;
}

function requireSocketHandlers(
  handlers: Partial<Record<string, SocketHandlers['$connect']>>,
): SocketHandlers {
  const { $connect, $default, $disconnect } = handlers;
  if ($connect === undefined || $default === undefined || $disconnect === undefined)
    throw new Error(
      'SOCKET_ROUTES in core/topology/routes.ts must contain $connect, $default and $disconnect',
    );
  return { $connect, $default, $disconnect };
}

/** Ensures that an admin exists and that the command line on this machine can act as the admin. */
async function prepareAdmin(
  context: StartContext,
  url: string,
  access: AccessDeps,
): Promise<EnsuredAdmin> {
  const { env, paths } = context;
  const admin = await ensureAdmin(access, readConfig(['admin'], env).admin);
  await writeCliFile(paths.cli, url, admin.email, access);
  return admin;
}

/** Starts the delivery of queue messages to their handlers. */
async function startPoller(context: StartContext, storage: PlatformStorage): Promise<void> {
  const { log, onStop } = context;
  const queues = await Promise.all(
    QUEUES.map(async (definition) => ({
      definition,
      source: storage.openSource(definition),
      handler: await loadHandler(definition.handler),
    })),
  );
  const poller = startQueuePoller({ queues, log });
  onStop(() => poller.close());
}

/** Starts the invocation of scheduled handlers, with intervals of at most `maxScheduleIntervalSeconds`. */
async function startSchedules(context: StartContext): Promise<void> {
  const { settings, log, onStop } = context;
  const scheduler = startScheduler({
    schedules: await Promise.all(
      SCHEDULES.map(async (schedule) => ({
        definition: {
          ...schedule,
          everySeconds: Math.min(schedule.everySeconds, settings.maxScheduleIntervalSeconds),
        },
        handler: await loadHandler(schedule.handler),
      })),
    ),
    log,
  });
  onStop(() => scheduler.close());
}
