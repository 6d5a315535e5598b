import { issueSignInCode } from '../../core/access/one-time-secret.ts';
import type { EnsuredAdmin } from '../../core/access/user.ts';
import { ensureAdmin } from '../../core/access/user.ts';
import type { Log } from '../../core/port/runtime.ts';
import { QUEUES } from '../../core/topology/queues.ts';
import { HTTP_FUNCTIONS, SOCKET_ROUTES } from '../../core/topology/routes.ts';
import { SCHEDULES } from '../../core/topology/schedules.ts';
import { readConfig } from '../../functions/config.ts';
import { claimPort } from '../claim-port.ts';
import { createTable } from '../emulator/create-table.ts';
import { createCredential } from '../emulator/credential.ts';
import { startEmulators } from '../emulator/start-emulators.ts';
import { startExpiry } from '../emulator/start-expiry.ts';
import { startForge } from '../forge/start-forge.ts';
import type { SocketHandlers } from '../gateway/socket-gateway.ts';
import type { Gateway } from '../gateway/start-gateway.ts';
import { startGateway } from '../gateway/start-gateway.ts';
import { loadHandler } from '../lambda-handler.ts';
import { startClock } from '../source/start-clock.ts';
import { startQueuePoller } from '../source/start-queue-poller.ts';
import { claimData } from './claim-data.ts';
import { loadPlatformKeys } from './platform-keys.ts';
import type { PlatformSettings } from './platform-settings.ts';
import { getDataLayout } from './platform-settings.ts';
import { resolveProgramPath } from './resolve-program-path.ts';
import { writeCliFile } from './write-cli-file.ts';

// The laptop's cloud, started in order and stopped in the reverse one. Handlers are the very ones that run as Lambdas: they
// learn from their environment where everything is.

const REGION = 'us-east-1';
const TABLE_NAME = 'smol-gang';
const APP_ID = '1';
/** What a person may have set; the rest follows from what is started. */
const PERSON_SECTIONS = [
  'admin',
  'github',
  'model',
  'agent',
  'slots',
  'attempt',
  'branch',
  'retention',
] as const;

export type Platform = {
  /** Where the API is, for people: http://localhost:<port>. */
  readonly url: string;
  readonly forgeUrl: string;
  readonly admin: EnsuredAdmin;
  /** Signs an admin in, once, within ten minutes. */
  signInLink(): Promise<string>;
  close(): Promise<void>;
};

export async function startPlatform(
  settings: PlatformSettings,
  env: Record<string, string | undefined>,
  log: Log,
): Promise<Platform> {
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const stop of stops.toReversed())
      await stop().catch((error: unknown) =>
        log.warn('part did not stop', { cause: String(error) }),
      );
  };
  try {
    return await startParts(settings, env, log, stops, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startParts(
  settings: PlatformSettings,
  env: Record<string, string | undefined>,
  log: Log,
  stops: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Platform> {
  // Otherwise the first request would find out.
  readConfig(PERSON_SECTIONS, env);
  const port = await claimPort('PORT', settings.port);
  const forgePort = await claimPort('SMOL_FORGE_PORT', settings.forgePort);
  stops.push(await claimData(settings.dataDir));
  const paths = getDataLayout(settings.dataDir);
  const keys = await loadPlatformKeys(paths.keys);
  const credential = createCredential();

  const emulators = await startEmulators({
    storeDir: paths.store,
    queuesDir: paths.queues,
    credential,
    log,
    env,
  });
  stops.push(() => emulators.close());
  const { store, queues } = emulators;
  await createTable({
    endpoint: store.endpoint,
    region: REGION,
    credentials: credential,
    tableName: TABLE_NAME,
  });
  const expiry = startExpiry({
    endpoint: store.endpoint,
    region: REGION,
    credentials: credential,
    tableName: TABLE_NAME,
    log,
  });
  stops.push(() => expiry.close());
  const forge = await startForge({
    port: forgePort,
    dataDir: paths.forge,
    adminToken: keys.forgeToken,
    app: { id: APP_ID, key: keys.forgeAppKey },
    webhook: { url: `http://127.0.0.1:${port}/v1/hooks/github`, secret: keys.webhookSecret },
    log,
  });
  stops.push(() => forge.close());

  Object.assign(env, {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: credential.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credential.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
    AWS_ENDPOINT_URL_SQS: queues.endpoint,
    TABLE_NAME,
    ...Object.fromEntries(
      QUEUES.map((row) => [`QUEUE_URL_${row.name.toUpperCase()}`, queues.urls[row.name]]),
    ),
    SOCKET_URL: `ws://localhost:${port}/socket`,
    SOCKET_ENDPOINT: `http://127.0.0.1:${port}`,
    API_URL: `http://127.0.0.1:${port}`,
    AUTH_SECRETS: keys.authSecret,
    GITHUB_WEBHOOK_SECRETS: [keys.webhookSecret, env.GITHUB_WEBHOOK_SECRETS ?? '']
      .filter((secret) => secret !== '')
      .join(','),
    LOCAL_FORGE_URL: forge.url,
    LOCAL_FORGE_TOKEN: keys.forgeToken,
    LOCAL_FORGE_APP_ID: APP_ID,
    LOCAL_FORGE_APP_PRIVATE_KEY: keys.forgeAppKey,
    LAUNCHER: env.LAUNCHER ?? 'process',
    LAUNCHER_DIR: paths.launcher,
    LAUNCHER_PATH: env.LAUNCHER_PATH ?? resolveProgramPath(env.PATH, process.execPath),
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE ?? paths.code,
    SMOL_DATA_DIR: settings.dataDir,
    LOG_FILE: paths.log,
  });
  // Only now: the adapters read the environment when they are first asked for.
  const deps = await import('../../functions/deps/get-access-deps.ts');
  const gateway = await startPlatformGateway(port, credential, log);
  stops.push(() => gateway.close());
  const admin = await ensureAdmin(deps.getAccessDeps(), {
    email: env.ADMIN_EMAIL ?? 'admin@smol-gang.local',
    password: env.ADMIN_PASSWORD,
  });
  const url = `http://localhost:${gateway.port}`;
  await writeCliFile(paths.cli, url, admin.email, deps.getAccessDeps());
  const poller = startQueuePoller({
    queues: await Promise.all(
      QUEUES.map(async (row) => ({
        row,
        url: queues.urls[row.name] ?? '',
        handler: await loadHandler(row.handler),
      })),
    ),
    endpoint: queues.endpoint,
    region: REGION,
    credentials: credential,
    log,
  });
  stops.push(() => poller.close());
  const clock = startClock({
    schedules: await Promise.all(
      SCHEDULES.map(async (row) => ({
        row: { ...row, everySeconds: Math.min(row.everySeconds, settings.clockSeconds) },
        handler: await loadHandler(row.handler),
      })),
    ),
    log,
  });
  stops.push(() => clock.close());
  return {
    url,
    forgeUrl: forge.url,
    admin,
    signInLink: async () =>
      `${url}/#signin=${(await issueSignInCode(deps.getAccessDeps(), admin.email)).code}`,
    close,
  };
}

async function startPlatformGateway(
  port: number,
  credential: ReturnType<typeof createCredential>,
  log: Log,
): Promise<Gateway> {
  const functions = await Promise.all(
    HTTP_FUNCTIONS.map(async (row) => ({ ...row, handler: await loadHandler(row.handler) })),
  );
  const entries = await Promise.all(
    SOCKET_ROUTES.map(async (row) => [row.route, await loadHandler(row.handler)] as const),
  );
  const sockets = Object.fromEntries(entries);
  return startGateway({ port, functions, sockets: requireSockets(sockets), credential, log });
}

function requireSockets(
  handlers: Partial<Record<string, SocketHandlers['$connect']>>,
): SocketHandlers {
  const { $connect, $default, $disconnect } = handlers;
  if ($connect === undefined || $default === undefined || $disconnect === undefined)
    throw new Error('the topology lacks a WebSocket route');
  return { $connect, $default, $disconnect };
}
