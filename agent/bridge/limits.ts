import type { Usage } from '../../core/contract/task.ts';

// When an attempt has to end, and when to warn that it soon will.

export type AttemptLimits = {
  maxMinutes: number;
  idleMinutes: number;
  maxTokens: number;
  maxUsd: number;
  maxTurns: number;
};

/** The same tool call this many times in a row is a loop. */
export const MAX_IDENTICAL_CALLS = 8;
const WARN_AT = 0.8;

export type Spent = { what: string; used: number; limit: number };

function spending(usage: Usage, limits: AttemptLimits): Spent[] {
  return [
    { what: 'tokens', used: usage.inputTokens + usage.outputTokens, limit: limits.maxTokens },
    { what: 'USD', used: usage.usd ?? 0, limit: limits.maxUsd },
    { what: 'model turns', used: usage.turns, limit: limits.maxTurns },
  ];
}

/** The first limit on tokens, money or turns that is used up. */
export function usedUp(usage: Usage, limits: AttemptLimits): string | undefined {
  const spent = spending(usage, limits).find((each) => each.used >= each.limit);
  return spent && `the limit of ${spent.limit} ${spent.what} is used up`;
}

/** Of tokens, money and turns, those past 80% of their limit. */
export function nearlyUsedUp(usage: Usage, limits: AttemptLimits): Spent[] {
  return spending(usage, limits).filter((each) => each.used >= each.limit * WARN_AT);
}

export type ClockReading = {
  /** Epoch milliseconds. */
  now: number;
  startedAt: number;
  /** How long of it people were waited for, milliseconds: that is nobody's work. */
  waitedMs: number;
  /** The agent's last sign of life. */
  progressAt: number;
  /** The agent is at work: not waiting for a person, not being verified. */
  agentBusy: boolean;
};

/** The limit on time that has passed. */
export function outOfTime(reading: ClockReading, limits: AttemptLimits): string | undefined {
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
  private last = '';
  private count = 0;

  /** Answers the reason when `signature` makes it a loop. */
  add(signature: string): string | undefined {
    this.count = signature === this.last ? this.count + 1 : 1;
    this.last = signature;
    if (this.count < MAX_IDENTICAL_CALLS) return undefined;
    return `the agent made the same tool call ${this.count} times in a row: ${signature.slice(0, 200)}`;
  }
}
