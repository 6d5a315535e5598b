import type { Usage } from '../../../core/contract/task.ts';

// When an attempt has to end, and when to warn that it soon will.

export type AttemptLimits = {
  readonly maxMinutes: number;
  readonly idleMinutes: number;
  readonly maxTokens: number;
  readonly maxUsd: number;
  readonly maxTurns: number;
};

/** The same tool call this many times in a row is a loop. */
export const MAX_IDENTICAL_CALLS = 8;
const WARNING_SHARE = 0.8;

export type LimitUsage = {
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

/** The first limit on tokens, money or turns that is used up. */
export function findExhaustedLimit(usage: Usage, limits: AttemptLimits): string | undefined {
  const spent = measureUsage(usage, limits).find((each) => each.used >= each.limit);
  return spent && `the limit of ${spent.limit} ${spent.limitName} is used up`;
}

/** Of tokens, money and turns, those past 80% of their limit. */
export function findNearlyExhaustedLimits(usage: Usage, limits: AttemptLimits): LimitUsage[] {
  return measureUsage(usage, limits).filter((each) => each.used >= each.limit * WARNING_SHARE);
}

export type ClockReading = {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly startedAt: number;
  /** How long of it people were waited for, milliseconds: that is nobody's work. */
  readonly waitedMs: number;
  /** The agent's last sign of life. */
  readonly progressAt: number;
  /** The agent is at work: not waiting for a person, not being verified. */
  readonly agentBusy: boolean;
};

/** The limit on time that has passed. */
export function findExpiredTimeLimit(
  reading: ClockReading,
  limits: AttemptLimits,
): string | undefined {
  if (reading.now - reading.startedAt - reading.waitedMs >= limits.maxMinutes * 60_000) {
    return `the attempt has run for its ${limits.maxMinutes} minutes`;
  }
  if (reading.agentBusy && reading.now - reading.progressAt >= limits.idleMinutes * 60_000) {
    return `the agent has given no sign of life for ${limits.idleMinutes} minutes`;
  }
  return undefined;
}

/** Counts equal tool calls in a row. */
export class LoopDetector {
  #lastSignature = '';
  #repeatCount = 0;

  /** Answers the reason when `signature` makes it a loop. */
  recordCall(signature: string): string | undefined {
    this.#repeatCount = signature === this.#lastSignature ? this.#repeatCount + 1 : 1;
    this.#lastSignature = signature;
    if (this.#repeatCount < MAX_IDENTICAL_CALLS) return undefined;
    return `the agent made the same tool call ${this.#repeatCount} times in a row: ${signature.slice(0, 200)}`;
  }
}
