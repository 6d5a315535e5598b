import { randomBytes } from 'node:crypto';
import { createDynamoTable } from '../adapters/dynamo/create-dynamo-table.ts';
import { createGitHubForge } from '../adapters/github/create-github-forge.ts';
import { parseGitHubWebhook } from '../adapters/github/parse-webhook.ts';
import { verifyGitHubWebhook } from '../adapters/github/verify-webhook.ts';
import { createLocalHost } from '../adapters/host/create-local-host.ts';
import { createLocalHosting, createNoHosting } from '../adapters/hosting/create-local-hosting.ts';
import { createJoseJwt } from '../adapters/jwt/jose-jwt.ts';
import { createLogFile } from '../adapters/log-file/create-log-file.ts';
import { createLlm } from '../adapters/openai/create-llm.ts';
import { probeModel } from '../adapters/openai/probe-model.ts';
import { createScryptHash } from '../adapters/password/scrypt-hash.ts';
import { createProcessLauncher } from '../adapters/process/create-process-launcher.ts';
import { createSqsQueue } from '../adapters/sqs/create-sqs-queue.ts';
import { createPush } from '../adapters/websocket/create-push.ts';
import { signAttemptToken } from '../core/access/attempt-token.ts';
import { ID_ALPHABET } from '../core/access/secret.ts';
import { hintAll } from '../core/engine/apply-task.ts';
import type { EngineDeps, ModelAccess } from '../core/engine/deps.ts';
import { AppError } from '../core/error.ts';
import type { Forge } from '../core/port/forge.ts';
import type { Hosting } from '../core/port/hosting.ts';
import type { PodLauncher } from '../core/port/launcher.ts';
import type { Llm } from '../core/port/llm.ts';
import type { Log } from '../core/port/runtime.ts';
import { configSecrets, readConfig } from './config.ts';
import { examine } from './doctor.ts';
import { createLog } from './log.ts';
import { once } from './once.ts';

// The only place where adapters meet the core. Everything is made when it is first asked for, from the sections of the
// configuration that it needs, and lives as long as its process.

export const clock = { now: () => Date.now() };

export const log: () => Log = once(() => {
  const { log } = readConfig(['log']);
  const secrets = configSecrets(['auth', 'admin', 'github', 'webhook', 'localForge', 'model']);
  return createLog({
    write: log.file === undefined ? (line) => console.log(line) : createLogFile(log.file),
    now: clock.now,
    level: log.level,
    secrets,
  });
});

export const table = once(() => {
  const { table } = readConfig(['table']);
  return createDynamoTable({
    tableName: table.name,
    region: table.region,
    endpoint: table.endpoint,
  });
});

export const queue = once(() => {
  const { queue } = readConfig(['queue']);
  const { plan, drive, schedule, push } = queue;
  return createSqsQueue({
    region: queue.region,
    endpoint: queue.endpoint,
    urls: { plan, drive, schedule, push },
  });
});

export const push = once(() => {
  const { push } = readConfig(['push']);
  return createPush({ endpoint: push.endpoint, region: push.region });
});

export const access = once(() => {
  const { auth } = readConfig(['auth']);
  const jwt = createJoseJwt({ secrets: auth.secrets, issuer: 'smol-gang' });
  return {
    table: table(),
    clock,
    jwt,
    passwords: createScryptHash(),
    randomBytes: (size: number) => randomBytes(size),
  };
});

/** GitHub as it is configured; without a credential every call says what to set. */
const github = once((): Forge => {
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
});

const localForge = once((): Forge => {
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
});

function unconfigured(message: string): Forge {
  return new Proxy({} as Forge, {
    get: () => () => Promise.reject(new AppError('invalid', 'forge_not_configured', message)),
  });
}

export const verifyWebhook = once(() =>
  verifyGitHubWebhook(readConfig(['webhook']).webhook.secrets),
);

export const parseWebhook = parseGitHubWebhook;

/** Makes repositories of this machine known to the laptop's own forge. */
export const hosting = once((): Hosting => {
  const { localForge } = readConfig(['localForge']);
  if (localForge.url === undefined || localForge.token === undefined) return createNoHosting();
  return createLocalHosting({ url: localForge.url, token: localForge.token });
});

export const launcher = once((): PodLauncher => {
  const { launcher } = readConfig(['launcher']);
  if (launcher.kind === 'kubernetes')
    throw new AppError(
      'bug',
      'launcher_unknown',
      'LAUNCHER=kubernetes is not built in yet; use process',
    );
  const stateDir = launcher.directory ?? '';
  return createProcessLauncher({
    stateDir: `${stateDir}/pods`,
    mirrorDir: `${stateDir}/mirrors`,
    bridgeEntry: new URL('../agent/bridge/main.ts', import.meta.url).pathname,
    now: clock.now,
    graceMs: 3_000,
    onEnded: (attempt) =>
      void hintAll({ queue: queue(), log: log() }, [{ type: 'pod_ended', v: 1, attempt }]),
  });
});

export const model = once(() => readConfig(['model']).model);

/** Plans wait, with the reason, until a model is configured. */
function noModel(): AppError {
  const until = clock.now() + 60_000;
  const message =
    'no model is configured: set MODEL_BASE_URL, MODEL_HEAVY and, where it needs one, MODEL_API_KEY';
  return new AppError('paused', 'model_not_configured', message, { details: { until } });
}

export const modelAccess = once((): ModelAccess | undefined => {
  const { baseUrl, apiKey, heavy } = model();
  return baseUrl === undefined || heavy === undefined ? undefined : { baseUrl, apiKey };
});

export const llm = once((): Llm => {
  const { baseUrl, apiKey, heavy, light, contextTokens, concurrency, timeoutSeconds } = model();
  if (baseUrl === undefined || heavy === undefined)
    return { complete: () => Promise.reject(noModel()) };
  return createLlm({
    baseUrl,
    apiKey,
    models: { heavy, light: light ?? heavy },
    contextTokens,
    concurrency,
    timeoutMs: timeoutSeconds * 1_000,
    now: clock.now,
  });
});

/** Unpredictable, of the alphabet of our ids. */
export function newId(length = 10): string {
  return [...randomBytes(length)].map((byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('');
}

export const engine = once((): EngineDeps => {
  const config = readConfig(['api', 'model', 'agent', 'slots', 'attempt', 'branch', 'retention']);
  const { attempt, slots } = config;
  return {
    table: table(),
    queue: queue(),
    launcher: launcher(),
    forges: { github: github(), local: localForge() },
    clock,
    log: log(),
    settings: {
      prefix: config.branch.prefix,
      apiUrl: config.api.url,
      limits: {
        maxMinutes: attempt.maxMinutes,
        idleMinutes: attempt.idleMinutes,
        maxTokens: attempt.maxTokens,
        maxUsd: attempt.maxUsd,
        maxTurns: attempt.maxTurns,
      },
      bounds: { maxRetries: attempt.maxRetries, maxLosses: 6, maxRepairs: 4, maxFaults: 10 },
      caps: {
        system: slots.system,
        repository: slots.perRepository ?? slots.system,
        plan: slots.perPlan ?? slots.system,
      },
      leaseMs: attempt.leaseSeconds * 1_000,
      heartbeatMs: attempt.heartbeatSeconds * 1_000,
      launchMs: attempt.launchSeconds * 1_000,
      keepDays: config.retention.days,
      agent: config.agent.name,
      models: {
        heavy: config.model.heavy ?? '',
        light: config.model.light ?? config.model.heavy ?? '',
      },
      prices: config.model.prices,
      author: { name: 'smol-gang', email: 'smol-gang@users.noreply.github.com' },
    },
    attemptToken: (attemptId, expiresAt) => signAttemptToken(access(), attemptId, expiresAt),
    newId,
  };
});

export const host = once(() => {
  const { launcher } = readConfig(['launcher']);
  const { retention } = readConfig(['retention']);
  const { host } = readConfig(['host']);
  if (host.dataDir === undefined || launcher.directory === undefined) return undefined;
  return createLocalHost({
    dataDir: host.dataDir,
    podsDir: `${launcher.directory}/pods`,
    logDays: retention.days,
    now: clock.now,
  });
});

async function probe(): ReturnType<typeof probeModel> {
  const { baseUrl, apiKey, heavy, contextTokens } = model();
  if (baseUrl === undefined || heavy === undefined) {
    return [{ name: 'model', state: 'failed', message: noModel().message }];
  }
  return probeModel({
    baseUrl,
    apiKey,
    model: heavy,
    contextTokens: contextTokens[heavy],
    timeoutMs: 20_000,
    now: clock.now,
  });
}

export const system = once(() => ({
  host: host(),
  doctor: () => examine(engine(), host(), probe),
}));
