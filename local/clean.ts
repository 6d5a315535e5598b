import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopData } from './platform/stop-data.ts';

// `npm run clean`: the checkout as it was after the install. A data folder elsewhere (SMOL_DATA_DIR) is its owner's.

const ROOT = fileURLToPath(new URL('..', import.meta.url));

for (const dataDir of ['.smol-gang', '.smol-gang/demo']) {
  for (const what of await stopData(join(ROOT, dataDir))) console.log(`stopped ${what}`);
}
for (const folder of ['.smol-gang', 'dist', 'coverage']) {
  if (!existsSync(join(ROOT, folder))) continue;
  await rm(join(ROOT, folder), { recursive: true, force: true });
  console.log(`removed ${folder}`);
}
