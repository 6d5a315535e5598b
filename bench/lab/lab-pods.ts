import type { Pod, PodLauncher, PodSpec } from '../../core/port/launcher.ts';

/** A launcher whose pods run in this process. */
export type LabPods = PodLauncher & {
  /** Removes the pod of a bridge that has ended. */
  endPod(name: string): void;
};

/** Creates the launcher. If `lingers` is true, a request to remove a pod has no effect, and the pod exists until `endPod`. */
export function createLabPods(
  now: () => number,
  startBridge: (spec: PodSpec) => void,
  lingers: boolean,
): LabPods {
  const pods = new Map<string, Pod>();
  return {
    ensure: async (spec) => {
      const existing = pods.get(spec.name);
      if (existing !== undefined) return existing;
      const { name, attemptId } = spec;
      const pod: Pod = { name, attemptId, state: 'running', startedAt: now(), uid: name };
      pods.set(name, pod);
      startBridge(spec);
      return pod;
    },
    list: async () => [...pods.values()],
    remove: async (name) => {
      if (lingers && pods.has(name)) return 'going';
      pods.delete(name);
      return 'gone';
    },
    endPod: (name) => pods.delete(name),
  };
}
