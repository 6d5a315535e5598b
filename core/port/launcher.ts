// Where attempts run: a child process on a laptop, a pod in a cluster. One contract suite holds both.

export type PodSpec = {
  /** Deterministic, DNS-1123, carries plan, run, task and attempt. */
  readonly name: string;
  readonly attemptId: string;
  /** Where the bridge calls back. */
  readonly apiUrl: string;
  /** Good for this attempt's callbacks only. Must never be in argv or a log. */
  readonly token: string;
  /** Hard end, epoch milliseconds: the launcher kills what still runs. */
  readonly deadline: number;
  readonly labels: {
    readonly plan: string;
    readonly run: string;
    readonly task: string;
    readonly attempt: string;
    readonly repo: string;
  };
  /** From `.smol-gang.yaml`, for launchers that can obey. */
  readonly resources?: { readonly cpu?: string; readonly memory?: string; readonly disk?: string };
};

export type PodState = 'starting' | 'running' | 'gone';
export type Pod = {
  readonly name: string;
  readonly attemptId: string;
  state: PodState;
  readonly startedAt: number;
  readonly uid: string;
};

export interface PodLauncher {
  /** Starts it unless one of that name is there. A full or refusing cluster throws AppError `paused`. */
  ensure(spec: PodSpec): Promise<Pod>;
  /** All pods of this installation. */
  list(): Promise<Pod[]>;
  /** Asks it to end (kill after a short grace) and answers `gone` only when it is. `uid` given: only that incarnation. */
  remove(name: string, uid?: string): Promise<'gone' | 'going'>;
}
