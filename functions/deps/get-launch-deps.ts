import { createProcessLauncher } from '../../adapters/process/create-process-launcher.ts';
import { signAttemptToken } from '../../core/access/attempt-token.ts';
import { AppError } from '../../core/base/app-error.ts';
import { BRIDGE_ENVIRONMENT } from '../../core/contract/bridge.ts';
import { buildPodEndReport } from '../../core/contract/queue-message.ts';
import { buildToolVariables } from '../../core/contract/tool-environment.ts';
import { enqueueWakeUps } from '../../core/engine/announce-changes.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import type { PodLauncher } from '../../core/port/launcher.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { getAccessDeps } from './get-access-deps.ts';
import { getQueue } from './get-queue.ts';
import { clock, getLog } from './runtime.ts';

/** Returns the launcher of pods and the signer of attempt tokens. */
export const getLaunchDeps = once(
  (): Pick<EngineDeps, 'launcher' | 'signAttemptToken'> => ({
    launcher: createLauncher(),
    signAttemptToken: (attemptId, expiresAt) =>
      signAttemptToken(getAccessDeps(), attemptId, expiresAt),
  }),
);

function createLauncher(): PodLauncher {
  const { launcher } = readConfig(['launcher']);
  if (launcher.kind === 'kubernetes')
    return {
      ensure: async () => rejectKubernetes(),
      list: async () => rejectKubernetes(),
      remove: async () => rejectKubernetes(),
    };
  const stateDir = launcher.directory ?? '';
  return createProcessLauncher({
    stateDir: `${stateDir}/pods`,
    mirrorDir: `${stateDir}/mirrors`,
    path: launcher.path,
    env: {
      ...buildToolVariables(launcher.toolEnvironment),
      [BRIDGE_ENVIRONMENT.isolation]: launcher.isolation,
      [BRIDGE_ENVIRONMENT.toolFiles]: JSON.stringify(launcher.toolFiles),
      ...(launcher.codeCache === undefined ? {} : { NODE_COMPILE_CACHE: launcher.codeCache }),
    },
    bridgeEntry: new URL('../../agent/bridge/main.ts', import.meta.url).pathname,
    now: clock.now,
    graceMs: 3_000,
    onEnded: (attempt) =>
      void enqueueWakeUps({ queue: getQueue(), log: getLog() }, [buildPodEndReport(attempt)]),
  });
}

function rejectKubernetes(): never {
  throw new AppError(
    'bug',
    'launcher_unknown',
    'LAUNCHER=kubernetes is not available yet: set LAUNCHER=process',
  );
}
