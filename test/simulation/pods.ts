import type { Pod, PodSpec } from '../../core/port/launcher.ts';
import { runBridge } from './actor/bridge.ts';
import type { World } from './world.ts';

// Pods as the cluster has them. A bridge lives in one; where the cluster loses sight of a pod, its bridge may live on.

export type Life = {
  /** The process runs. */
  alive: boolean;
  /** It heeds neither its lease nor a refusal. */
  zombie: boolean;
  /** Its calls reach nobody until then. */
  cutOffUntil: number;
};

export type SimPod = Pod & { spec: PodSpec; life: Life; going: boolean };

export class SimPods {
  readonly #world: World;
  readonly pods = new Map<string, SimPod>();
  #uids = 0;

  constructor(world: World) {
    this.#world = world;
  }

  ensure(spec: PodSpec): Pod {
    const found = this.pods.get(spec.name);
    if (found !== undefined) return viewOf(found);
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
      going: false,
    };
    this.pods.set(spec.name, pod);
    this.#world.tell(`pod ${spec.attemptId} is asked for`);
    // It was accepted, and its process never comes to be: starting, until somebody removes it.
    if (faults.happens('pod_unborn')) return viewOf(pod);
    const boot = faults.happens('pod_slow')
      ? random.between(20_000, 200_000)
      : random.between(500, 5_000);
    loop.after(boot, () => {
      if (!pod.life.alive) return;
      pod.state = 'running';
      runBridge(this.#world, pod);
    });
    return viewOf(pod);
  }

  list(): Pod[] {
    return [...this.pods.values()].map(viewOf);
  }

  remove(name: string, uid: string | undefined): 'gone' | 'going' {
    const pod = this.pods.get(name);
    if (pod === undefined || (uid !== undefined && pod.uid !== uid)) return 'gone';
    if (pod.state === 'gone') {
      this.pods.delete(name);
      return 'gone';
    }
    if (pod.going) return 'going';
    pod.going = true;
    this.#world.loop.after(this.#world.random.between(200, 4_000), () => this.end(pod));
    return 'going';
  }

  /** The process is dead. */
  end(pod: SimPod): void {
    pod.life.alive = false;
    pod.state = 'gone';
  }

  /** The cluster takes it for gone, and the process goes on. */
  loseSight(pod: SimPod): void {
    pod.state = 'gone';
    pod.life.zombie = true;
    this.#world.tell(`pod ${pod.attemptId} is lost sight of and goes on`);
  }
}

function viewOf({ name, attemptId, state, startedAt, uid }: SimPod): Pod {
  return { name, attemptId, state, startedAt, uid };
}
