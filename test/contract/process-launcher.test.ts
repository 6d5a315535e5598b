import { join } from 'node:path';
import { makeProcessPods, processesWith } from '../support/process-pods.ts';
import { launcherContract } from './launcher.ts';

launcherContract('process', async () => {
  const pods = await makeProcessPods();
  return {
    launcher: pods.launcher(),
    again: () => pods.launcher(),
    now: pods.now,
    advance: pods.advance,
    async endFromInside(name) {
      process.kill((await pods.ready(name)).pid, 'SIGUSR2');
    },
    async isAlive(name) {
      const entry = `SMOL_WORK_DIR=${join(pods.stateDir, name, 'work')}`;
      return (await processesWith(entry)).length > 0;
    },
    close: pods.close,
  };
});
