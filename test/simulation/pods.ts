import type { Pod, PodSpec } from '../../core/port/launcher.ts';
import { runBridge } from './actor/bridge.ts';
import type { World } from './world.ts';

// The simulated cluster: its pods, and the state in which it reports them. A bridge may continue in a pod that is reported as gone.

/** State of the process in a pod, which may differ from the state that the cluster reports. */
export type PodLife = {
  /** True while the process runs. */
  isAlive: boolean;
  /** True if the process continues although its lease has ended or a call was refused. */
  isZombie: boolean;
  /** Epoch milliseconds until which no call of the process arrives. */
  cutOffUntil: number;
};

/** Pod of the simulated cluster. `isEnding`: the removal was requested and has not taken place yet. */
export type SimPod = Omit<Pod, 'state'> & {
  state: Pod['state'];
  readonly spec: PodSpec;
  readonly life: PodLife;
  isEnding: boolean;
};

/** Simulated cluster. */
export class SimPods {
  readonly #world: World;
  readonly pods = new Map<string, SimPod>();
  #createdCount = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Returns the pod with the name; creates and starts the pod if there is none. */
  ensurePod(spec: PodSpec): Pod {
    const existing = this.pods.get(spec.name);
    if (existing !== undefined) return toPod(existing);
    const { loop, random, faults } = this.#world;
    this.#createdCount += 1;
    const pod: SimPod = {
      name: spec.name,
      attemptId: spec.attemptId,
      state: 'starting',
      startedAt: loop.now,
      uid: `u${this.#createdCount}`,
      spec,
      life: { isAlive: true, isZombie: false, cutOffUntil: 0 },
      isEnding: false,
    };
    this.pods.set(spec.name, pod);
    this.#world.recordHistory(`pod of attempt ${spec.attemptId} is created`);
    // A pod whose process never starts stays in `starting` until its removal.
    if (faults.drawFault('pod_never_starts')) return toPod(pod);
    const bootMs = faults.drawFault('pod_starts_late')
      ? random.between(20_000, 200_000)
      : random.between(500, 5_000);
    loop.schedule(bootMs, () => {
      if (!pod.life.isAlive) return;
      pod.state = 'running';
      runBridge(this.#world, pod);
    });
    return toPod(pod);
  }

  listPods(): Pod[] {
    return [...this.pods.values()].map(toPod);
  }

  /** Requests the removal of a pod; `gone` only once the pod has ended. `uid` protects a later pod with the same name. */
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

  /** Ends the process of a pod; the cluster reports the pod as gone. */
  endPod(pod: SimPod): void {
    pod.life.isAlive = false;
    pod.state = 'gone';
  }

  /** Makes the cluster report the pod as gone while its process continues. */
  hidePod(pod: SimPod): void {
    pod.state = 'gone';
    pod.life.isZombie = true;
    this.#world.recordHistory(
      `pod of attempt ${pod.attemptId} is reported as gone, but its process continues`,
    );
  }
}

function toPod({ name, attemptId, state, startedAt, uid }: SimPod): Pod {
  return { name, attemptId, state, startedAt, uid };
}
