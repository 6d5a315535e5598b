import { createProcessLauncher } from '../../adapters/process/create-process-launcher.ts';
import { signAttemptToken } from '../../core/access/attempt-token.ts';
import { hintAll } from '../../core/engine/apply-task.ts';
import type { EngineDeps } from '../../core/engine/deps.ts';
import { AppError } from '../../core/error.ts';
import type { PodLauncher } from '../../core/port/launcher.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { access } from './access.ts';
import { queue } from './queue.ts';
import { refusing } from './refusing.ts';
import { clock, log } from './runtime.ts';

/** The launcher, and the tokens that it gives to attempts. */
export const launching = once(
  (): Pick<EngineDeps, 'launcher' | 'attemptToken'> => ({
    launcher: launcher(),
    attemptToken: (attemptId, expiresAt) => signAttemptToken(access(), attemptId, expiresAt),
  }),
);

function launcher(): PodLauncher {
  const { launcher } = readConfig(['launcher']);
  if (launcher.kind === 'kubernetes')
    return refusing(() => {
      const message = 'LAUNCHER=kubernetes is not built in yet; use process';
      return new AppError('bug', 'launcher_unknown', message);
    });
  const stateDir = launcher.directory ?? '';
  return createProcessLauncher({
    stateDir: `${stateDir}/pods`,
    mirrorDir: `${stateDir}/mirrors`,
    path: launcher.path,
    env: launcher.codeCache === undefined ? {} : { NODE_COMPILE_CACHE: launcher.codeCache },
    bridgeEntry: new URL('../../agent/bridge/main.ts', import.meta.url).pathname,
    now: clock.now,
    graceMs: 3_000,
    onEnded: (attempt) =>
      void hintAll({ queue: queue(), log: log() }, [{ type: 'pod_ended', v: 1, attempt }]),
  });
}
