import { AppError } from '../../../core/error.ts';
import type { PodLauncher } from '../../../core/port/launcher.ts';
import { effect, type Invocation } from '../invocation.ts';
import type { World } from '../world.ts';

export function launcherPort(world: World, invocation: Invocation): PodLauncher {
  const on = <T>(what: string, act: () => T): Promise<T> =>
    effect(world, invocation, { port: 'launcher', what }, act);
  return {
    ensure: (spec) =>
      on('ensure', () => {
        world.judge.podRequested(world, spec, invocation.faults.has('freeze'));
        if (world.faults.happens('launcher_refuse')) {
          world.judge.podRefused(spec);
          const until = world.loop.now + world.random.between(2_000, 90_000);
          throw new AppError('paused', 'cluster_full', 'the cluster is full', {
            details: { until },
          });
        }
        return world.pods.ensure(spec);
      }),
    list: () => on('list', () => world.pods.list()),
    remove: (name, uid) =>
      on('remove', () => {
        const answer = world.pods.remove(name, uid);
        if (answer === 'gone') world.judge.podGone(world, name);
        return answer;
      }),
  };
}
