import type { AttemptResult } from '../../core/contract/attempt.ts';
import type { Evidence } from '../../core/contract/task.ts';
import type { LeftOut } from './git/sort-changes.ts';

// The two ways in which an attempt stops short: it has lost its right to act and says nothing more, or it failed and says why.

export type FailureCause = Extract<AttemptResult, { readonly outcome: 'failed' }>['cause'];

type FailureDetails = {
  /** Epoch milliseconds before which trying again is useless. */
  readonly until?: number;
  readonly files?: string[];
  readonly evidence?: Evidence;
  readonly cause?: unknown;
};

/** Reported to the control plane as the attempt's result. */
export class AttemptFailure extends Error {
  override readonly name = 'AttemptFailure';
  readonly failureCause: FailureCause;
  readonly details: FailureDetails;
  /** Changes that were not committed until then. */
  leftOut: LeftOut[] = [];

  constructor(why: FailureCause, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.failureCause = why;
    this.details = details;
  }
}

export type EndReason = 'superseded' | 'refused' | 'lease' | 'signal';

/** The attempt may not act any more: its agent is killed, nothing is pushed, nothing is reported. */
export class AttemptEnded extends Error {
  override readonly name = 'AttemptEnded';
  readonly reason: EndReason;

  constructor(reason: EndReason, message: string) {
    super(message);
    this.reason = reason;
  }

  /** Being told to stop is no fault of the bridge; losing the control plane or its trust is. */
  get exitCode(): number {
    return this.reason === 'superseded' || this.reason === 'signal' ? 0 : 3;
  }
}

/** What a signal was aborted with, as an error to throw. */
export function getAbortReason(signal: AbortSignal): Error {
  if (signal.reason instanceof Error) return signal.reason;
  return new AttemptFailure('infra', 'the attempt was stopped');
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw getAbortReason(signal);
}

/** `work`, unless the signal aborts first. */
export function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(getAbortReason(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
