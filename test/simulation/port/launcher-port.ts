import { AppError } from '../../../core/base/app-error.ts';
import type { PodLauncher } from '../../../core/port/launcher.ts';
import type { Invocation } from '../invocation.ts';
import { performEffect } from '../invocation.ts';
import type { World } from '../world.ts';

/** Creates the launcher port of an invocation. */
export function createLauncherPort(world: World, invocation: Invocation): PodLauncher {
  const perform = <T>(operation: string, body: () => T): Promise<T> =>
    performEffect(world, invocation, { port: 'launcher', operation }, body);
  return {
    ensure: (spec) =>
      perform('ensure', () => {
        world.judge.recordPodRequest(world, spec, invocation.faults.has('handler_freeze'));
        if (world.faults.drawFault('launch_refused')) {
          world.judge.recordPodRefusal(spec);
          const until = world.loop.now + world.random.between(2_000, 90_000);
          throw new AppError('paused', 'cluster_full', 'the cluster is full', {
            details: { until },
          });
        }
        return world.pods.ensurePod(spec);
      }),
    list: () => perform('list', () => world.pods.listPods()),
    remove: (name, uid) =>
      perform('remove', () => {
        const answer = world.pods.removePod(name, uid);
        if (answer === 'gone') world.judge.recordPodGone(world, name);
        return answer;
      }),
  };
}
