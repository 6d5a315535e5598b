import { randomBytes } from 'node:crypto';
import { createLogFile } from '../../adapters/log-file/create-log-file.ts';
import { ID_ALPHABET } from '../../core/access/secret.ts';
import type { Log } from '../../core/port/runtime.ts';
import { listConfigSecrets, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { once } from '../once.ts';

// The files of this folder are the only place where adapters meet the core: one for each concern, so that a Lambda bundles
// what it uses. Everything is made when it is first asked for, from the sections of the configuration that it needs, and
// lives as long as its process.

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

/** Unpredictable, of the alphabet of our ids. */
export function createId(length = 10): string {
  return [...randomBytes(length)].map((byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('');
}
