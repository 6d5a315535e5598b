import { randomBytes } from 'node:crypto';
import { createLogFile } from '../../adapters/log-file/create-log-file.ts';
import { ID_ALPHABET } from '../../core/access/secret.ts';
import type { Log } from '../../core/port/runtime.ts';
import { listConfigSecrets, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { once } from '../once.ts';

// Only the files of this folder connect adapters with the core. Each adapter has its own file, so the bundle of a function contains
// only the adapters in use. Every value is created at its first use and lives as long as the process.

export const clock = { now: () => Date.now() };

export const getLog: () => Log = once(() => {
  const { log } = readConfig(['log']);
  const secrets = listConfigSecrets(['auth', 'admin', 'github', 'webhook', 'localForge', 'model']);
  return createLog({
    write: log.file === undefined ? (line) => console.log(line) : createLogFile(log.file),
    now: clock.now,
    level: log.level,
    secrets,
  });
});

/** Creates an unpredictable id of `length` lower-case letters and digits. */
export function createId(length = 10): string {
  return [...randomBytes(length)].map((byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('');
}
