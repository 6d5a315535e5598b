import { AppError } from '../../../core/base/app-error.ts';
import type { Interference } from '../world.ts';

/** Starts a pod minutes after the request for the pod has failed, perhaps after the end of its attempt. */
export const lateLaunches: Interference = {
  name: 'pods that start minutes after their request failed',
  emphasis: ['pod_never_starts'],
  changeDeps: (deps, { faults, loop, pods, random }) => ({
    ...deps,
    launcher: {
      ...deps.launcher,
      ensure: async (spec) => {
        if (!faults.isActive || !random.chance(0.3)) return deps.launcher.ensure(spec);
        void loop.sleep(random.between(100_000, 600_000)).then(() => pods.ensurePod(spec));
        throw new AppError('transient', 'launcher_failed', 'the launcher did not answer');
      },
    },
  }),
};
