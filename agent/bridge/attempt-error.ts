import type { AttemptResult } from '../../core/contract/attempt.ts';
import type { Evidence } from '../../core/contract/task.ts';

// An attempt stops early in two ways: AttemptFailure is reported to the control plane, AttemptEnded is not.

/** Why an attempt failed, as the result callback names the cause. */
export type FailureCause = Extract<AttemptResult, { readonly outcome: 'failed' }>['cause'];

type FailureDetails = {
  /** Epoch milliseconds before which a retry is useless; causes `provider` and `forge`. */
  readonly until?: number;
  /** Paths in conflict; causes `conflict` and `agent`. */
  readonly files?: string[];
  /** Red evidence; cause `verify_red`. */
  readonly evidence?: Evidence;
  readonly cause?: unknown;
};

/** Fails the attempt; the bridge reports the message as the reason in the result. */
export class AttemptFailure extends Error {
  override readonly name = 'AttemptFailure';
  readonly failureCause: FailureCause;
  readonly details: FailureDetails;
  /** Changes of the agent that no commit contains, because another task owns the paths. */
  leftOut: AttemptResult['leftOut'] = [];

  constructor(failureCause: FailureCause, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.failureCause = failureCause;
    this.details = details;
  }
}

/**
 * Why a bridge lost the right to act.
 * - `superseded` the control plane answered 409 or 410: the attempt has ended there
 * - `refused`    the control plane answered 401 or 403
 * - `lease`      no heartbeat was answered in time
 * - `signal`     the process received SIGTERM, SIGINT or SIGHUP
 */
export type EndReason = 'superseded' | 'refused' | 'lease' | 'signal';

/** Ends the attempt at once: the bridge kills the agent, pushes nothing and reports nothing. */
export class AttemptEnded extends Error {
  override readonly name = 'AttemptEnded';
  readonly reason: EndReason;

  constructor(reason: EndReason, message: string) {
    super(message);
    this.reason = reason;
  }

  /** Exit code of the bridge: 0 for a requested stop, 3 for a lost control plane. */
  get exitCode(): number {
    return this.reason === 'superseded' || this.reason === 'signal' ? 0 : 3;
  }
}

/** Returns the reason of an aborted signal as an error to throw. */
export function getAbortReason(signal: AbortSignal): Error {
  if (signal.reason instanceof Error) return signal.reason;
  return new AttemptFailure('infra', 'the attempt was stopped');
}

/** Throws the reason of the signal if the signal is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw getAbortReason(signal);
}

/** Settles as `work` does, or rejects with the reason of the signal if the signal aborts first. */
export function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(getAbortReason(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
