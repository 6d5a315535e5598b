import type { Pod, PodSpec } from '../../core/port/launcher.ts';
import { runBridge } from './actor/bridge.ts';
import type { World } from './world.ts';

// Pods as the cluster reports them. Each pod runs a bridge, which may continue after the cluster has lost track of the pod.

/** State of a pod's process, which may differ from the state the cluster reports. */
export type PodLife = {
  /** True while the process runs. */
  alive: boolean;
  /** True when the process ignores the end of its lease and refused calls. */
  zombie: boolean;
  /** Epoch milliseconds until which no call of the process arrives. */
  cutOffUntil: number;
};

/** Pod of the simulated cluster. `isEnding`: its removal was requested and has not taken place. */
export type SimPod = Omit<Pod, 'state'> & {
  state: Pod['state'];
  readonly spec: PodSpec;
  readonly life: PodLife;
  isEnding: boolean;
};

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
      isEnding: false,
    };
    this.pods.set(spec.name, pod);
    this.#world.recordHistory(`pod ${spec.attemptId} was requested`);
    // The cluster accepts the pod and never starts its process: the pod stays in `starting` until its removal.
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
    if (pod.isEnding) return 'going';
    pod.isEnding = true;
    this.#world.loop.schedule(this.#world.random.between(200, 4_000), () => this.endPod(pod));
    return 'going';
  }

  /** Ends the process of a pod. */
  endPod(pod: SimPod): void {
    pod.life.alive = false;
    pod.state = 'gone';
  }

  /** Makes the cluster report the pod as gone while its process continues. */
  hidePod(pod: SimPod): void {
    pod.state = 'gone';
    pod.life.zombie = true;
    this.#world.recordHistory(`pod ${pod.attemptId} is reported as gone and continues`);
  }
}

function toPod({ name, attemptId, state, startedAt, uid }: SimPod): Pod {
  return { name, attemptId, state, startedAt, uid };
}
