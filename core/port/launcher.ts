// Interface to the place where attempts run: child processes on a laptop, pods in a cluster. One contract suite tests all launchers.

/** Specification of a pod for one attempt. */
export type PodSpec = {
  /** Deterministic DNS-1123 name that contains plan, run, task and attempt. */
  readonly name: string;
  readonly attemptId: string;
  /** Base URL of the control plane. */
  readonly apiUrl: string;
  /** Token for the calls of this attempt only. A launcher must not put the token into arguments or logs. */
  readonly token: string;
  /** Time at which the launcher kills the pod, epoch milliseconds. */
  readonly deadline: number;
  readonly labels: {
    readonly plan: string;
    readonly run: string;
    readonly task: string;
    readonly attempt: string;
    readonly repo: string;
  };
  /** Resources from `.smol-gang.yaml` in Kubernetes notation; the process launcher ignores them. */
  readonly resources?: { readonly cpu?: string; readonly memory?: string; readonly disk?: string };
};

/** State of a pod; a pod is `gone` only after all its processes have ended. */
export type PodState = 'starting' | 'running' | 'gone';
/** Pod as the launcher reports it. */
export type Pod = {
  readonly name: string;
  readonly attemptId: string;
  readonly state: PodState;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Id that is never reused; tells this pod from earlier and later pods of the same name. */
  readonly uid: string;
};

/** Starts, lists and removes pods. */
export interface PodLauncher {
  /**
   * Starts a pod, or returns the existing pod of the same name.
   *
   * @throws AppError `paused` if the launcher has no room for another pod or temporarily starts none
   */
  ensure(spec: PodSpec): Promise<Pod>;
  /** Lists all pods of this installation. */
  list(): Promise<Pod[]>;
  /**
   * Ends a pod: asks the pod to stop, and kills the pod after a grace period. Returns `going` while processes of the pod still run.
   *
   * @param uid if given, removes only the pod with this id and no other pod of the same name
   */
  remove(name: string, uid?: string): Promise<'gone' | 'going'>;
}
