import { mkdir } from 'node:fs/promises';
import { createLogFile } from '../adapters/log-file/create-log-file.ts';
import { isAppError } from '../core/base/app-error.ts';
import { createLog } from '../functions/log.ts';
import { handleProcessErrors } from './platform/handle-process-errors.ts';
import { loadEnvFile } from './platform/load-env-file.ts';
import { getDataLayout, readPlatformSettings } from './platform/platform-settings.ts';
import { printReadyBanner } from './platform/print-ready-banner.ts';
import { startPlatform } from './platform/start-platform.ts';
import { stopOnSignal } from './platform/stop-on-signal.ts';

/** `npm run dev`: runs the complete platform on this machine. */
async function runPlatform(): Promise<void> {
  for (const warning of await loadEnvFile(process.env, process.cwd()))
    console.error(`smol-gang: ${warning}`);
  const settings = readPlatformSettings(process.env, process.cwd());
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const log = createLog({
    write: createLogFile(getDataLayout(settings.dataDir).log),
    now: Date.now,
  });
  const platform = await startPlatform(settings, process.env, log);
  handleProcessErrors(process, {
    log,
    print: console.error,
    stop: () => platform.close(),
    exit: process.exit,
  });
  stopOnSignal(() => platform.close());
  await printReadyBanner(platform, settings);
}

runPlatform().catch((error: unknown) => {
  console.error(isAppError(error) ? `smol-gang: ${error.message}` : error);
  process.exit(1);
});
