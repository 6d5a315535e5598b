import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';
import type { EnvFile } from '../../core/base/parse-env-file.ts';
import { parseEnvFile } from '../../core/base/parse-env-file.ts';
import { describeConfig } from '../../functions/config.ts';

// The configuration file of the laptop platform: `.env` in the working folder. A variable of the environment has precedence.

/** Environment that the configuration file completes. */
type Environment = Record<string, string | undefined>;

/** Names of other systems that stand for variables of smol-gang, so that an existing configuration file works. */
export const VARIABLE_ALIASES: Readonly<Record<string, string>> = {
  LLM_API_URL: 'MODEL_BASE_URL',
  LLM_API_KEY: 'MODEL_API_KEY',
  LLM_MODEL: 'MODEL_HEAVY',
  JWT_SECRET: 'AUTH_SECRETS',
};

/**
 * Adds the settings of the configuration file to the environment, and replaces aliases. SMOL_GANG_ENV_FILE names another file;
 * empty, no file is read.
 *
 * @returns warnings for the person who starts the platform
 * @throws AppError `invalid_env_file` for a damaged or missing file, `alias_conflict` for two values of the same variable
 */
export async function loadEnvFile(env: Environment, cwd: string): Promise<string[]> {
  const requestedFile = env.SMOL_GANG_ENV_FILE;
  const path = resolve(cwd, requestedFile || '.env');
  const file = requestedFile === '' ? undefined : await readEnvFile(path, requestedFile);
  for (const [name, value] of Object.entries(file?.values ?? {})) env[name] ??= value;
  const secretWarnings = file === undefined ? [] : await findReadableSecrets(path, file);
  return [...secretWarnings, ...replaceAliases(env)];
}

/** Reads the file; undefined if the default file does not exist. */
async function readEnvFile(path: string, requestedFile?: string): Promise<EnvFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && requestedFile === undefined) return undefined;
    throw createFileError(path, [`cannot be read: ${describeError(error)}`]);
  }
  const file = parseEnvFile(text);
  if (file.problems.length > 0)
    throw createFileError(
      path,
      file.problems.map(({ line, message }) => `line ${line}: ${message}`),
    );
  return file;
}

function createFileError(path: string, problems: readonly string[]): AppError {
  const lines = problems.map((problem) => `  - ${problem}`);
  return new AppError(
    'invalid',
    'invalid_env_file',
    `the configuration file ${path} is not valid:\n${lines.join('\n')}`,
  );
}

async function findReadableSecrets(path: string, { values }: EnvFile): Promise<string[]> {
  const secretNames = new Set(describeConfig().flatMap(({ secret, name }) => (secret ? name : [])));
  const names = Object.keys(values).filter(
    (name) => values[name] !== '' && secretNames.has(VARIABLE_ALIASES[name] ?? name),
  );
  const othersCanRead = ((await stat(path)).mode & 0o004) !== 0;
  if (!othersCanRead || names.length === 0) return [];
  return [
    `every user of this machine can read ${names.join(' and ')} in ${path}; change it with: chmod 600 ${path}`,
  ];
}

function replaceAliases(env: Environment): string[] {
  const warnings: string[] = [];
  for (const [alias, name] of Object.entries(VARIABLE_ALIASES)) {
    const value = env[alias]?.trim();
    if (value === undefined || value === '') continue;
    const ownValue = env[name]?.trim();
    if (ownValue !== undefined && ownValue !== '' && ownValue !== value)
      throw new AppError(
        'invalid',
        'alias_conflict',
        `${alias} and ${name} name the same setting but have different values: remove one of them`,
      );
    env[name] = value;
    warnings.push(`${alias} is read as ${name}`);
  }
  return warnings;
}
