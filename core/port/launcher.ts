// Where attempts run: a child process on a laptop, a pod in a cluster. One contract suite holds both.

export type PodSpec = {
  /** Deterministic, DNS-1123, carries plan, run, task and attempt. */
  name: string;
  attemptId: string;
  /** Where the bridge calls back. */
  apiUrl: string;
  /** Good for this attempt's callbacks only. Must never be in argv or a log. */
  token: string;
  /** Hard end, epoch milliseconds: the launcher kills what still runs. */
  deadline: number;
  labels: { plan: string; run: string; task: string; attempt: string; repo: string };
  /** From `.smol-gang.yaml`, for launchers that can obey. */
  resources?: { cpu?: string; memory?: string; disk?: string };
};

export type PodState = 'starting' | 'running' | 'gone';
export type Pod = {
  name: string;
  attemptId: string;
  state: PodState;
  startedAt: number;
  uid: string;
};

export interface PodLauncher {
  /** Starts it unless one of that name is there. A full or refusing cluster throws AppError `paused`. */
  ensure(spec: PodSpec): Promise<Pod>;
  /** All pods of this installation. */
  list(): Promise<Pod[]>;
  /** Asks it to end (kill after a short grace) and answers `gone` only when it is. `uid` given: only that incarnation. */
  remove(name: string, uid?: string): Promise<'gone' | 'going'>;
}
