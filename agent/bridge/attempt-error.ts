import type { AttemptResult } from '../../core/contract/attempt.ts';
import type { Evidence } from '../../core/contract/task.ts';

// An attempt can stop early in two ways: the bridge reports an AttemptFailure to the control plane, but not an AttemptEnded.

/** Why an attempt failed: a value of `cause` in the result callback. */
export type FailureCause = Extract<AttemptResult, { readonly outcome: 'failed' }>['cause'];

type FailureDetails = {
  /** Epoch milliseconds before which a retry is useless. Only for the failure causes `provider` and `forge`. */
  readonly until?: number;
  /** Paths in conflict. Only for the failure causes `conflict` and `agent`. */
  readonly files?: string[];
  /** Results of the verify commands, of which one failed. Only for the failure cause `verify_red`. */
  readonly evidence?: Evidence;
  /** Error that led to the failure. */
  readonly cause?: unknown;
};

/** Error that fails the attempt. The bridge reports the message as `reason` in the result callback. */
export class AttemptFailure extends Error {
  override readonly name = 'AttemptFailure';
  readonly failureCause: FailureCause;
  readonly details: FailureDetails;
  /** Changes of the agent that were not committed, because their paths belong to other tasks. */
  leftOut: AttemptResult['leftOut'] = [];

  constructor(failureCause: FailureCause, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.failureCause = failureCause;
    this.details = details;
  }
}

/**
 * Why a bridge must stop at once.
 * - `superseded` the control plane answered 409 or 410: the control plane has ended the attempt
 * - `refused`    the control plane answered 401 or 403: the token is not valid
 * - `lease`      the control plane answered no callback in time, so the lease may have expired
 * - `signal`     the process received SIGTERM, SIGINT or SIGHUP
 */
export type EndReason = 'superseded' | 'refused' | 'lease' | 'signal';

/** Error that ends the attempt at once: the bridge kills the agent, and neither pushes nor reports anything. */
export class AttemptEnded extends Error {
  override readonly name = 'AttemptEnded';
  readonly reason: EndReason;

  constructor(reason: EndReason, message: string) {
    super(message);
    this.reason = reason;
  }

  /** Exit code of the bridge: 0 if the stop was requested, 3 if the bridge lost its access to the control plane. */
  get exitCode(): number {
    return this.reason === 'superseded' || this.reason === 'signal' ? 0 : 3;
  }
}

/** Returns the reason of an aborted signal, as an error. */
export function getAbortReason(signal: AbortSignal): Error {
  if (signal.reason instanceof Error) return signal.reason;
  return new AttemptFailure('infra', 'the attempt was stopped');
}

/** Throws the reason of the signal if the signal is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw getAbortReason(signal);
}

/** Settles like `work`, or rejects with the reason of the signal if the signal aborts first. */
export function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(getAbortReason(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
