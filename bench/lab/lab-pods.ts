import type { Pod, PodLauncher, PodSpec } from '../../core/port/launcher.ts';

/** Pods that are nothing but their bridge. */
export type LabPods = PodLauncher & {
  /** Its bridge is done. */
  endPod(name: string): void;
};

/** `lingers`: it goes on for a while after it was asked to end. */
export function createLabPods(
  now: () => number,
  start: (spec: PodSpec) => void,
  lingers: boolean,
): LabPods {
  const pods = new Map<string, Pod>();
  return {
    ensure: async (spec) => {
      const known = pods.get(spec.name);
      if (known !== undefined) return known;
      const { name, attemptId } = spec;
      const pod: Pod = { name, attemptId, state: 'running', startedAt: now(), uid: name };
      pods.set(name, pod);
      start(spec);
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
