import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { createLogFile } from '../../adapters/log-file/create-log-file.ts';
import type { Client } from '../../cli/client/client.ts';
import { createClient } from '../../cli/client/client.ts';
import { createLog } from '../../functions/log.ts';
import type { ScriptedModel } from '../model/start-scripted-model.ts';
import { startScriptedModel } from '../model/start-scripted-model.ts';
import { handleProcessErrors } from '../platform/handle-process-errors.ts';
import { loadEnvFile } from '../platform/load-env-file.ts';
import { writePrivateFile } from '../platform/platform-keys.ts';
import type { PlatformSettings } from '../platform/platform-settings.ts';
import { getDataLayout, readPlatformSettings } from '../platform/platform-settings.ts';
import type { Platform } from '../platform/start-platform.ts';
import { startPlatform } from '../platform/start-platform.ts';
import { stopOnSignal } from '../platform/stop-on-signal.ts';

// A complete platform whose model follows a script: the demo and the seed use it.

/** A running platform with its scripted model. */
export type ScriptedPlatform = {
  readonly platform: Platform;
  readonly model: ScriptedModel;
  close(): Promise<void>;
};

/**
 * Reads the settings. The caller deletes its data folder, so SMOL_DATA_DIR of the configuration file, with the data of
 * `make dev`, does not count.
 */
export async function readScriptedSettings(defaultDataDir: string): Promise<PlatformSettings> {
  process.env.SMOL_DATA_DIR ??= defaultDataDir;
  for (const warning of await loadEnvFile(process.env, process.cwd()))
    console.error(`smol-gang: ${warning}`);
  return readPlatformSettings(process.env, process.cwd());
}

/** Starts the scripted model and the platform, which stops on Ctrl-C. */
export async function startScriptedPlatform(
  settings: PlatformSettings,
  options: { readonly modelKey?: string; readonly variationSeed?: number | undefined } = {},
): Promise<ScriptedPlatform> {
  const { modelKey, variationSeed } = options;
  const model = await startScriptedModel({
    port: Number(process.env.SMOL_MODEL_PORT ?? 3_002),
    ...(modelKey === undefined ? {} : { apiKey: modelKey }),
    ...(variationSeed === undefined ? {} : { variationSeed }),
  });
  const log = createLog({
    write: createLogFile(getDataLayout(settings.dataDir).log),
    now: Date.now,
  });
  Object.assign(process.env, {
    MODEL_BASE_URL: model.url,
    MODEL_API_KEY: model.apiKey,
    MODEL_HEAVY: model.model,
    MODEL_LIGHT: model.model,
    AGENT: 'small',
    SLOTS: process.env.SLOTS ?? '4',
    LEASE_SECONDS: process.env.LEASE_SECONDS ?? '15',
    HEARTBEAT_SECONDS: process.env.HEARTBEAT_SECONDS ?? '2',
  });
  const platform = await startPlatform(settings, process.env, log);
  const close = async () => {
    await platform.close();
    await model.close();
  };
  handleProcessErrors(process, { log, print: console.error, stop: close, exit: process.exit });
  stopOnSignal(close);
  return { platform, model, close };
}

/** Connects to the platform as its admin. */
export async function connectAsAdmin(platform: Platform, dataDir: string): Promise<Client> {
  const { token } = JSON.parse(await readFile(getDataLayout(dataDir).cli, 'utf8'));
  // The `smol-gang` command looks for cli.json in `.smol-gang`, not in a folder of the demo or the seed.
  if (basename(dirname(dataDir)) === '.smol-gang') {
    await writePrivateFile(getDataLayout(dirname(dataDir)).cli, { url: platform.url, token });
  }
  return createClient({
    url: platform.url,
    credentials: [{ kind: 'token', token, source: 'demo' }],
  });
}
