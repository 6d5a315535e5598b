import type { Usage } from '../../../core/contract/task.ts';

// Limits of an attempt: when the attempt must end, and when the bridge warns people before the end.

/** Limits of one attempt, from the assignment. */ export type AttemptLimits = {
  /** Longest duration, minutes, without the time in which the agent waits for people. */
  readonly maxMinutes: number;
  /** Longest time without progress of a working agent, minutes. */
  readonly idleMinutes: number;
  /** Input and output tokens together. */
  readonly maxTokens: number;
  readonly maxUsd: number;
  /** Model requests that consume tokens. */
  readonly maxTurns: number;
};

/** Number of equal tool calls in a row that counts as a loop. */
export const MAX_IDENTICAL_CALLS = 8;
/** Share of a limit from which the bridge warns. */
const WARNING_SHARE = 0.8;

/** Use of one limit. */
export type LimitUsage = {
  /** Unit of the limit, for messages. */
  readonly limitName: string;
  readonly used: number;
  readonly limit: number;
};

function measureUsage(usage: Usage, limits: AttemptLimits): LimitUsage[] {
  return [
    { limitName: 'tokens', used: usage.inputTokens + usage.outputTokens, limit: limits.maxTokens },
    { limitName: 'USD', used: usage.usd ?? 0, limit: limits.maxUsd },
    { limitName: 'model turns', used: usage.turns, limit: limits.maxTurns },
  ];
}

/** Returns a message for the first exhausted limit on tokens, money or turns; undefined if none is exhausted. */
export function findExhaustedLimit(usage: Usage, limits: AttemptLimits): string | undefined {
  const exhausted = measureUsage(usage, limits).find(({ used, limit }) => used >= limit);
  return exhausted && `the limit of ${exhausted.limit} ${exhausted.limitName} is used up`;
}

/** Returns the limits on tokens, money and turns of which at least 80% is used. */
export function findNearlyExhaustedLimits(usage: Usage, limits: AttemptLimits): LimitUsage[] {
  return measureUsage(usage, limits).filter(({ used, limit }) => used >= limit * WARNING_SHARE);
}

/** Times of an attempt; all `...At` and `now` in epoch milliseconds. */
export type ClockReading = {
  readonly now: number;
  readonly startedAt: number;
  /** Time in which the agent waited for people, milliseconds; not counted against the limit. */
  readonly waitedMs: number;
  /** Last progress of the agent. */
  readonly progressAt: number;
  /** Whether the agent works: false while people are asked and while the bridge verifies. */
  readonly isAgentBusy: boolean;
};

/** Returns a message for the first time limit that has passed; undefined if none has. */
export function findExpiredTimeLimit(
  reading: ClockReading,
  limits: AttemptLimits,
): string | undefined {
  if (reading.now - reading.startedAt - reading.waitedMs >= limits.maxMinutes * 60_000) {
    return `the attempt has reached its time limit of ${limits.maxMinutes} minutes`;
  }
  if (reading.isAgentBusy && reading.now - reading.progressAt >= limits.idleMinutes * 60_000) {
    return `the agent has made no progress for ${limits.idleMinutes} minutes`;
  }
  return undefined;
}

/** Counts equal tool calls in a row. */
export class LoopDetector {
  #lastSignature = '';
  #repeatCount = 0;

  /** Counts a call. Returns a message when the last calls are a loop; undefined otherwise. */
  recordCall(signature: string): string | undefined {
    this.#repeatCount = signature === this.#lastSignature ? this.#repeatCount + 1 : 1;
    this.#lastSignature = signature;
    if (this.#repeatCount < MAX_IDENTICAL_CALLS) return undefined;
    return `the agent made the same tool call ${this.#repeatCount} times in a row: ${signature.slice(0, 200)}`;
  }
}
