import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseEnvFile } from '../../core/base/parse-env-file.ts';
import { createUsageError } from '../cli-error.ts';
import type { Host } from '../host.ts';

/** Variables of the command line. */
const CLIENT_VARIABLES = ['SMOL_GANG_URL', 'SMOL_GANG_TOKEN'] as const;

/** Value of a setting and the place that sets it. */
export type ClientSetting = { readonly value: string; readonly source: string };
/** Settings that have a value. */
export type ClientSettings = Partial<Record<(typeof CLIENT_VARIABLES)[number], ClientSetting>>;

/**
 * Reads the settings of the command line from the environment and from `.env` in the checkout of smol-gang. SMOL_GANG_ENV_FILE
 * names another file; empty, no file is read. A `.env` of another folder is never read, because a cloned repository can contain
 * one that names the server of a stranger.
 */
export async function readClientSettings(host: Host, checkout: string): Promise<ClientSettings> {
  const requestedFile = host.env.SMOL_GANG_ENV_FILE;
  const path =
    requestedFile === undefined ? join(checkout, '.env') : resolve(host.cwd, requestedFile);
  const text = requestedFile === '' ? '' : await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined && requestedFile !== undefined)
    throw createUsageError(`the file ${path} of SMOL_GANG_ENV_FILE cannot be read`);
  const { values } = parseEnvFile(text ?? '');
  const settings: ClientSettings = {};
  for (const name of CLIENT_VARIABLES) {
    // A value from a file of secrets often ends with a line break.
    const ownValue = host.env[name]?.trim() ?? '';
    const value = ownValue === '' ? (values[name] ?? '') : ownValue;
    if (value === '') continue;
    settings[name] = { value, source: ownValue === '' ? `${name} in ${path}` : name };
  }
  return settings;
}
