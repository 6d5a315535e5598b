import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadEnvFile } from './load-env-file.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'env-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeEnvFile(text: string, name = '.env'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

test('adds the settings of the file, and keeps variables of the environment', async () => {
  await writeEnvFile('MODEL_HEAVY=big\nMODEL_LIGHT=small\nSLOTS=2\n');
  const env: Record<string, string | undefined> = { SLOTS: '5', MODEL_LIGHT: '' };

  expect(await loadEnvFile(env, folder)).toEqual([]);
  expect(env).toEqual({ MODEL_HEAVY: 'big', MODEL_LIGHT: '', SLOTS: '5' });
});

test('needs no file, and reads none if SMOL_GANG_ENV_FILE is empty', async () => {
  const env: Record<string, string | undefined> = {};
  expect(await loadEnvFile(env, folder)).toEqual([]);

  await writeEnvFile('SLOTS=2');
  env.SMOL_GANG_ENV_FILE = '';
  await loadEnvFile(env, folder);

  expect(env.SLOTS).toBeUndefined();
});

test('reads the file that SMOL_GANG_ENV_FILE names, and rejects a missing one', async () => {
  await writeEnvFile('SLOTS=2');
  const path = await writeEnvFile('SLOTS=3', 'other.env');
  const env: Record<string, string | undefined> = { SMOL_GANG_ENV_FILE: 'other.env' };
  await loadEnvFile(env, folder);
  expect(env.SLOTS).toBe('3');

  await rm(path);
  await expect(loadEnvFile({ SMOL_GANG_ENV_FILE: path }, folder)).rejects.toThrow(/cannot be read/);
});

test('rejects a file with a line that is not a setting, and names file and line', async () => {
  const path = await writeEnvFile('SLOTS=2\nMODEL_BASE_URL http://h\n');

  await expect(loadEnvFile({}, folder)).rejects.toThrow(
    `${path} is not valid:\n  - line 2: is not a setting`,
  );
});

test('replaces the names of other systems and says so', async () => {
  await writeEnvFile(
    `LLM_API_URL=http://h/v1\nLLM_API_KEY=k\nLLM_MODEL=m\nJWT_SECRET=${'s'.repeat(32)}\n`,
  );
  const env: Record<string, string | undefined> = {};

  const warnings = await loadEnvFile(env, folder);

  expect(env).toMatchObject({
    MODEL_BASE_URL: 'http://h/v1',
    MODEL_API_KEY: 'k',
    MODEL_HEAVY: 'm',
    AUTH_SECRETS: 's'.repeat(32),
  });
  expect(warnings).toHaveLength(4);
  expect(warnings[0]).toBe('LLM_API_URL is read as MODEL_BASE_URL');
});

test('rejects an alias whose value differs from the variable, without repeating a value', async () => {
  await writeEnvFile('LLM_API_KEY=first\nMODEL_API_KEY=second\n');

  const message = await loadEnvFile({}, folder).catch((error: unknown) => String(error));

  expect(message).toContain('LLM_API_KEY and MODEL_API_KEY name the same setting');
  expect(message).not.toMatch(/first|second/);
});

test.each([
  [0o644, 'MODEL_API_KEY=k', 1],
  [0o600, 'MODEL_API_KEY=k', 0],
  [0o644, 'MODEL_HEAVY=big', 0],
  [0o644, 'LLM_API_KEY=k', 2],
])('with mode %o and the content %s, gives %i warnings', async (mode, text, count) => {
  const path = await writeEnvFile(text);
  await chmod(path, mode);

  const warnings = await loadEnvFile({}, folder);

  expect(warnings).toHaveLength(count);
  if (text.endsWith('KEY=k') && mode === 0o644) expect(warnings[0]).toContain(`chmod 600 ${path}`);
});
