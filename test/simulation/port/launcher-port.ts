import { AppError } from '../../../core/base/app-error.ts';
import type { PodLauncher } from '../../../core/port/launcher.ts';
import type { Invocation } from '../invocation.ts';
import { performEffect } from '../invocation.ts';
import type { World } from '../world.ts';

export function createLauncherPort(world: World, invocation: Invocation): PodLauncher {
  const on = <T>(what: string, act: () => T): Promise<T> =>
    performEffect(world, invocation, { port: 'launcher', what }, act);
  return {
    ensure: (spec) =>
      on('ensure', () => {
        world.judge.recordPodRequest(world, spec, invocation.faults.has('freeze'));
        if (world.faults.drawFault('launcher_refuse')) {
          world.judge.recordPodRefusal(spec);
          const until = world.loop.now + world.random.between(2_000, 90_000);
          throw new AppError('paused', 'cluster_full', 'the cluster is full', {
            details: { until },
          });
        }
        return world.pods.ensurePod(spec);
      }),
    list: () => on('list', () => world.pods.listPods()),
    remove: (name, uid) =>
      on('remove', () => {
        const answer = world.pods.removePod(name, uid);
        if (answer === 'gone') world.judge.recordPodGone(world, name);
        return answer;
      }),
  };
}
