import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLANTED_SECRETS, SETTINGS } from './cloud-settings.ts';

// The templates and the bundles, made by the deploy tooling in processes of their own.

const STACKS_FOLDER = fileURLToPath(new URL('../../../stacks', import.meta.url));

export type Cloud = {
  /** Folders. */
  readonly templates: string;
  readonly bundles: string;
  remove(): Promise<void>;
};

/** Undefined: the deploy tooling is not installed. */
export async function buildCloud(): Promise<Cloud | undefined> {
  if (!existsSync(join(STACKS_FOLDER, 'node_modules/sst'))) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'smol-cloud-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const [templates, bundles] = [join(folder, 'templates'), join(folder, 'bundles')];
  try {
    const tools = await createToolsFolder(join(folder, 'tools'));
    await Promise.all([
      runScript('synth.ts', templates, tools),
      runScript('bundle.ts', bundles, tools),
    ]);
    return { templates, bundles, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** SST installs the packages that are left out of a bundle, which are none, for each function: seconds for nothing. */
async function createToolsFolder(folder: string): Promise<string> {
  await mkdir(folder);
  await writeFile(join(folder, 'npm'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  return folder;
}

/** With secrets in the environment that must be found in nothing that comes out. */
async function runScript(script: string, folder: string, tools: string): Promise<void> {
  const child = spawn(process.execPath, [script, folder], {
    cwd: STACKS_FOLDER,
    env: {
      PATH: [tools, dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: process.env.HOME,
      TMPDIR: tmpdir(),
      NODE_ENV: 'test',
      ...SETTINGS,
      ...PLANTED_SECRETS,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}:\n${output}`);
}
