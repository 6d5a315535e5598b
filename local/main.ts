import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
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
  const file = createWriteStream(layout(settings.dataDir).log, { flags: 'a', mode: 0o600 });
  const log = createLog({ write: (line) => file.write(`${line}\n`), now: Date.now });
  const platform = await startPlatform(settings, process.env, log);
  stopOnSignal(() => platform.close());
  await printReady(platform, settings);
}

main().catch((error: unknown) => {
  console.error(isAppError(error) ? `smol-gang: ${error.message}` : error);
  process.exit(1);
});
