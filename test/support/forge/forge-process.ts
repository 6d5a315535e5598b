import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startForge } from '../../../local/forge/start-forge.ts';
import { ADMIN_TOKEN } from './test-forge.ts';

// Runs a forge in a separate process, so that a test can kill the forge. This file is also the program of that process.

/** Forge in a separate process. */
export type ForgeProcess = { readonly apiUrl: string; kill(): Promise<void> };

export async function spawnForge(dataDir: string): Promise<ForgeProcess> {
  const child = spawn(process.execPath, [import.meta.filename, dataDir], {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  return {
    apiUrl: String(line).trim(),
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const dataDir = process.argv[2] ?? '';
  const forge = await startForge({ port: 0, dataDir, adminToken: ADMIN_TOKEN });
  process.stdout.write(`${forge.apiUrl}\n`);
}
