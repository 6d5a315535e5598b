import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLANTED_SECRETS, SETTINGS } from './cloud-settings.ts';

// Builds the templates and bundles of the deployment with the deploy tooling, in separate processes.

const STACKS_FOLDER = fileURLToPath(new URL('../../../stacks', import.meta.url));

/** Result of the build: the folder of the templates and the folder of the bundles. */
export type BuiltCloud = {
  readonly templates: string;
  readonly bundles: string;
  remove(): Promise<void>;
};

/** Builds templates and bundles; returns undefined when the deploy tooling is not installed. */
export async function buildCloud(): Promise<BuiltCloud | undefined> {
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

/** Creates a fake npm, because SST runs `npm install` for each function although no package is left out of the bundles. */
async function createToolsFolder(folder: string): Promise<string> {
  await mkdir(folder);
  await writeFile(join(folder, 'npm'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  return folder;
}

/** Runs a script with planted secrets in its environment, which its results must not contain. */
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
  if (code !== 0) throw new Error(`${script} exited with code ${String(code)}:\n${output}`);
}
