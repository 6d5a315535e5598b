import { join } from 'node:path';
import {
  createLauncherFixture,
  findProcessesByEnvironment,
} from '../support/process/process-pods.ts';
import { describeLauncherContract } from './launcher.ts';

describeLauncherContract('process', async () => {
  const pods = await createLauncherFixture();
  return {
    launcher: pods.launcher(),
    createLauncher: () => pods.launcher(),
    now: pods.now,
    advanceClock: pods.advanceClock,
    async endPodFromInside(name) {
      process.kill((await pods.waitUntilReady(name)).pid, 'SIGUSR2');
    },
    async isAlive(name) {
      const entry = `SMOL_WORK_DIR=${join(pods.stateDir, name, 'work')}`;
      return (await findProcessesByEnvironment(entry)).length > 0;
    },
    close: pods.close,
  };
});
