import { resolve } from 'node:path';
import { loadEnvFile } from './platform/load-env-file.ts';
import { stopPlatformProcesses } from './platform/stop-platform-processes.ts';

// `npm run dev:down`: stops the platforms and attempts of this folder, and keeps their data.

// The configuration file can name the data folder; its other settings do not matter here.
await loadEnvFile(process.env, process.cwd());
const FOLDERS = ['.smol-gang', '.smol-gang/demo', '.smol-gang/seed'];
const dataDirs = new Set([process.env.SMOL_DATA_DIR ?? '.smol-gang', ...FOLDERS]);

let stoppedCount = 0;
for (const dataDir of dataDirs) {
  for (const stoppedProcess of await stopPlatformProcesses(resolve(dataDir))) {
    console.log(`stopped ${stoppedProcess}`);
    stoppedCount += 1;
  }
}
if (stoppedCount === 0) console.log('no platform runs in this folder');
