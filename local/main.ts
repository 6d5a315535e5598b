import { mkdir } from 'node:fs/promises';
import { createLogFile } from '../adapters/log-file/create-log-file.ts';
import { isAppError } from '../core/error.ts';
import { createLog } from '../functions/log.ts';
import { printReady } from './platform/banner.ts';
import { layout, readSettings } from './platform/settings.ts';
import { startPlatform } from './platform/start-platform.ts';
import { stopOnSignal } from './platform/stop-on-signal.ts';

/** `npm run dev`: the whole of smol-gang on this machine. */
async function main(): Promise<void> {
  const settings = readSettings(process.env, process.cwd());
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const log = createLog({ write: createLogFile(layout(settings.dataDir).log), now: Date.now });
  const platform = await startPlatform(settings, process.env, log);
  stopOnSignal(() => platform.close());
  await printReady(platform, settings);
}

main().catch((error: unknown) => {
  console.error(isAppError(error) ? `smol-gang: ${error.message}` : error);
  process.exit(1);
});
