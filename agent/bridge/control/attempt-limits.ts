import type { AttemptBudget } from '../../../core/contract/attempt.ts';
import type { Usage } from '../../../core/contract/task.ts';

// Decides when an attempt must end because of a limit, and when the bridge warns people that a limit is near.

/** Limits of one attempt, from the assignment. */
export type AttemptLimits = {
  /** Longest duration in minutes; the time in which the agent waits for people does not count. */
  readonly maxMinutes: number;
  /** Longest time in minutes without progress while the agent works. */
  readonly idleMinutes: number;
  /** Limit of input and output tokens together. */
  readonly maxTokens: number;
  /** Limit of the cost; without known prices the limit has no effect. */
  readonly maxUsd: number;
  /** Limit of model requests. Requests that consume no tokens do not count. */
  readonly maxTurns: number;
};

/** Number of equal tool calls in a row that counts as a loop. */
const LOOP_CALL_COUNT = 8;
/** The bridge warns people when this share of a limit is used. */
const WARNING_SHARE = 0.8;

/** Used amount and limit, in the same unit. */
export type LimitUsage = {
  /** Unit as messages name it: `tokens`, `USD` or `model turns`. */
  readonly unit: string;
  readonly used: number;
  readonly limit: number;
};

function measureUsage(usage: Usage, limits: AttemptLimits): LimitUsage[] {
  return [
    { unit: 'tokens', used: usage.inputTokens + usage.outputTokens, limit: limits.maxTokens },
    { unit: 'USD', used: usage.usd ?? 0, limit: limits.maxUsd },
    { unit: 'model turns', used: usage.turns, limit: limits.maxTurns },
  ];
}

/** Returns a message for the first exhausted limit on tokens, money or turns; undefined if none is exhausted. */
export function findExhaustedLimit(usage: Usage, limits: AttemptLimits): string | undefined {
  const exhausted = measureUsage(usage, limits).find(({ used, limit }) => used >= limit);
  return exhausted && `the limit of ${exhausted.limit} ${exhausted.unit} is used up`;
}

/** Returns a message if the usage of the attempt has reached the budget of its plan; undefined otherwise, also without a budget. */
export function findExhaustedBudget(
  usage: Usage,
  budget: AttemptBudget | undefined,
): string | undefined {
  if (budget === undefined) return undefined;
  const usedTokens = usage.inputTokens + usage.outputTokens;
  const tokensLeft = budget.tokens === null || usedTokens < budget.tokens;
  const moneyLeft = budget.usd === null || (usage.usd ?? 0) < budget.usd;
  return tokensLeft && moneyLeft ? undefined : 'the budget of the plan is used up';
}

/** Returns the limits on tokens, money and turns of which at least 80% is used. */
export function findNearlyExhaustedLimits(usage: Usage, limits: AttemptLimits): LimitUsage[] {
  return measureUsage(usage, limits).filter(({ used, limit }) => used >= limit * WARNING_SHARE);
}

/** Times of an attempt; `now` and the fields with the suffix `At` are epoch milliseconds. */
export type AttemptTimes = {
  readonly now: number;
  readonly startedAt: number;
  /** Total time in which the agent waited for people, milliseconds. */
  readonly waitedMs: number;
  /** Time of the last progress of the agent. */
  readonly progressAt: number;
  /** Whether the agent works; false while the agent waits for people, and in all phases of the bridge itself. */
  readonly isAgentBusy: boolean;
};

/** Returns a message for the first expired time limit; undefined if none has expired. */
export function findExpiredTimeLimit(
  times: AttemptTimes,
  limits: AttemptLimits,
): string | undefined {
  if (times.now - times.startedAt - times.waitedMs >= limits.maxMinutes * 60_000) {
    return `the attempt has reached its time limit of ${formatMinutes(limits.maxMinutes)}`;
  }
  if (times.isAgentBusy && times.now - times.progressAt >= limits.idleMinutes * 60_000) {
    return `the agent has made no progress for ${formatMinutes(limits.idleMinutes)}`;
  }
  return undefined;
}

/** Detects an agent that repeats the same tool call. */
export class LoopDetector {
  #lastCall = '';
  #repeatCount = 0;

  /**
   * Records a call. Returns a message if the last calls are a loop; undefined otherwise.
   *
   * @param call title and input of the call
   */
  recordCall(call: string): string | undefined {
    this.#repeatCount = call === this.#lastCall ? this.#repeatCount + 1 : 1;
    this.#lastCall = call;
    if (this.#repeatCount < LOOP_CALL_COUNT) return undefined;
    return `the agent made the same tool call ${this.#repeatCount} times in a row: ${call.slice(0, 200)}`;
  }
}

function formatMinutes(minutes: number): string {
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}
