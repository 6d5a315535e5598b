import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeAttemptsFolder } from './platform/prepare-attempts-folder.ts';
import { stopPlatformProcesses } from './platform/stop-platform-processes.ts';

// `npm run clean`: stops the platform and removes its data and all build output from the checkout. A data folder outside
// `.smol-gang` (SMOL_DATA_DIR) is kept.

const ROOT = fileURLToPath(new URL('..', import.meta.url));

for (const dataDir of ['.smol-gang', '.smol-gang/demo', '.smol-gang/seed']) {
  for (const stoppedProcess of await stopPlatformProcesses(join(ROOT, dataDir)))
    console.log(`stopped ${stoppedProcess}`);
  await removeAttemptsFolder(join(ROOT, dataDir));
}
for (const folder of ['.smol-gang', 'dist', 'coverage']) {
  if (!existsSync(join(ROOT, folder))) continue;
  await rm(join(ROOT, folder), { recursive: true, force: true });
  console.log(`removed ${folder}`);
}
