import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/**
 * Installs a version of an npm package and returns the folder of its programs. The package is installed only once, into a cache outside
 * of the checkout (`SMOL_AGENTS_DIR`, default `~/.cache/smol-gang/agents`).
 */
export async function installAgent(name: string, version: string): Promise<string> {
  const cache = process.env.SMOL_AGENTS_DIR ?? join(homedir(), '.cache/smol-gang/agents');
  const folder = join(cache, `${name.replace(/\W+/g, '-')}-${version}`);
  const manifest = join(folder, 'lib/node_modules', name, 'package.json');
  if (await pathExists(manifest)) return join(folder, 'bin');
  await mkdir(folder, { recursive: true });
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  const args = ['install', '--global', '--prefix', folder, ...flags, `${name}@${version}`];
  await execFileAsync('npm', args, { cwd: folder, timeout: INSTALL_TIMEOUT_MS });
  if (await pathExists(manifest)) return join(folder, 'bin');
  throw new Error(
    `npm reported success but did not install ${name}@${version} into ${folder}; remove the folder and try again`,
  );
}

function pathExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
