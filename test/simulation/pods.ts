import type { Pod, PodSpec } from '../../core/port/launcher.ts';
import { runBridge } from './actor/bridge.ts';
import type { World } from './world.ts';

// Pods as the cluster has them. A bridge lives in one; where the cluster loses sight of a pod, its bridge may live on.

export type PodLife = {
  /** The process runs. */
  alive: boolean;
  /** It heeds neither its lease nor a refusal. */
  zombie: boolean;
  /** Its calls reach nobody until then. */
  cutOffUntil: number;
};

export type SimPod = Pod & { readonly spec: PodSpec; readonly life: PodLife; isGoing: boolean };

export class SimPods {
  readonly #world: World;
  readonly pods = new Map<string, SimPod>();
  #uids = 0;

  constructor(world: World) {
    this.#world = world;
  }

  ensurePod(spec: PodSpec): Pod {
    const found = this.pods.get(spec.name);
    if (found !== undefined) return toPod(found);
    const { loop, random, faults } = this.#world;
    this.#uids += 1;
    const pod: SimPod = {
      name: spec.name,
      attemptId: spec.attemptId,
      state: 'starting',
      startedAt: loop.now,
      uid: `u${this.#uids}`,
      spec,
      life: { alive: true, zombie: false, cutOffUntil: 0 },
      isGoing: false,
    };
    this.pods.set(spec.name, pod);
    this.#world.recordHistory(`pod ${spec.attemptId} is asked for`);
    // It was accepted, and its process never comes to be: starting, until somebody removes it.
    if (faults.drawFault('pod_unborn')) return toPod(pod);
    const boot = faults.drawFault('pod_slow')
      ? random.between(20_000, 200_000)
      : random.between(500, 5_000);
    loop.schedule(boot, () => {
      if (!pod.life.alive) return;
      pod.state = 'running';
      runBridge(this.#world, pod);
    });
    return toPod(pod);
  }

  listPods(): Pod[] {
    return [...this.pods.values()].map(toPod);
  }

  removePod(name: string, uid: string | undefined): 'gone' | 'going' {
    const pod = this.pods.get(name);
    if (pod === undefined || (uid !== undefined && pod.uid !== uid)) return 'gone';
    if (pod.state === 'gone') {
      this.pods.delete(name);
      return 'gone';
    }
    if (pod.isGoing) return 'going';
    pod.isGoing = true;
    this.#world.loop.schedule(this.#world.random.between(200, 4_000), () => this.endPod(pod));
    return 'going';
  }

  /** The process is dead. */
  endPod(pod: SimPod): void {
    pod.life.alive = false;
    pod.state = 'gone';
  }

  /** The cluster takes it for gone, and the process goes on. */
  hidePod(pod: SimPod): void {
    pod.state = 'gone';
    pod.life.zombie = true;
    this.#world.recordHistory(`pod ${pod.attemptId} is lost sight of and goes on`);
  }
}

function toPod({ name, attemptId, state, startedAt, uid }: SimPod): Pod {
  return { name, attemptId, state, startedAt, uid };
}
