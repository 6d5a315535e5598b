import { AppError } from '../../../core/base/app-error.ts';
import type { Interference } from '../world.ts';

/** Grants a launch minutes after its call failed, perhaps after the end of its attempt. */
export const lateLaunches: Interference = {
  name: 'launches that are granted late',
  emphasis: ['pod_unborn'],
  deps: (deps, { faults, loop, pods, random }) => ({
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
