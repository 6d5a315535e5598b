import { createLocalHost } from '../../adapters/host/create-local-host.ts';
import type { Host } from '../../core/port/host.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { clock } from './runtime.ts';

/** Returns the interface to the machine of a laptop installation; undefined in the cloud. */
export const getHost = once((): Host | undefined => {
  const { dataDir } = readConfig(['host']).host;
  if (dataDir === undefined) return undefined;
  const { launcher, retention } = readConfig(['launcher', 'retention']);
  if (launcher.directory === undefined) return undefined;
  return createLocalHost({
    dataDir,
    podsDir: `${launcher.directory}/pods`,
    logDays: retention.days,
    isolation: launcher.isolation,
    programPath: launcher.path,
    toolEnvironment: launcher.toolEnvironment,
    toolFiles: launcher.toolFiles,
    now: clock.now,
  });
});
