import { parseJson } from '../../../core/base/parse-json.ts';
import type { ProviderProblem } from '../../../core/chat/classify-fault.ts';
import { classifyFault } from '../../../core/chat/classify-fault.ts';
import { isJsonObject } from '../../../core/chat/json-value.ts';
import { findFault } from '../../../core/chat/read-fault.ts';

// Decides what the proxy does with a reply of the model endpoint: pass the reply to the agent, retry, or end
// the attempt, so that the control plane parks the task.

/** Handling of a reply from the model endpoint. */
export type ProviderVerdict =
  /** Pass the reply to the agent. */
  | { readonly kind: 'pass' }
  /** Send the request again after `waitMs` milliseconds. */
  | { readonly kind: 'retry'; readonly waitMs: number }
  /** End the attempt; its task is parked until `until`, epoch milliseconds. */
  | { readonly kind: 'park'; readonly reason: string; readonly until: number };

const MAX_TRIES = 3;
/** Longest wait before a retry, milliseconds. If the endpoint asks for a longer wait, the task is parked instead. */
const MAX_RETRY_WAIT_MS = 2_000;
/** Time for which a temporary failure parks the task, milliseconds. */
const BUSY_PARK_MS = 60_000;
/** Time for which a refusal because of the key, quota or payment parks the task, milliseconds. */
const ACCOUNT_PARK_MS = 5 * 60_000;
/** Bounds of the time for which a task is parked, milliseconds. */
const MIN_PARK_MS = 1_000;
const MAX_PARK_MS = 15 * 60_000;
/** Wait before the first retry, milliseconds; each further wait is three times as long. */
const FIRST_RETRY_WAIT_MS = 250;

/** Parts of a reply of the model endpoint that the decision needs. */
export type ProviderReply = {
  readonly status: number;
  /** Wait that the header Retry-After asks for, milliseconds; undefined without this header. */
  readonly retryAfterMs: number | undefined;
  /** Beginning of the body of an error reply; otherwise empty. */
  readonly errorText: string;
};

/**
 * Judges the reply to a request that consumes tokens.
 *
 * @param reply undefined if the endpoint could not be reached
 * @param tries number of tries so far, from 1
 * @param now epoch milliseconds
 */
export function judgeProviderReply(
  reply: ProviderReply | undefined,
  tries: number,
  now: number,
): ProviderVerdict {
  if (reply !== undefined && reply.status < 400) return { kind: 'pass' };
  const problem = reply === undefined ? 'busy' : classifyReply(reply);
  // The agent must see why its request is rejected.
  if (problem === 'request') return { kind: 'pass' };
  const waitMs = reply?.retryAfterMs ?? FIRST_RETRY_WAIT_MS * 3 ** (tries - 1);
  if (isTemporary(problem) && tries < MAX_TRIES && waitMs <= MAX_RETRY_WAIT_MS) {
    return { kind: 'retry', waitMs };
  }
  const reason =
    reply === undefined ? 'the model endpoint cannot be reached' : describeProblem(problem, reply);
  return { kind: 'park', reason, until: computeParkEnd(problem, reply?.retryAfterMs, now) };
}

/**
 * Returns the time until which a problem of the model endpoint parks the task, epoch milliseconds.
 *
 * @param retryAfterMs wait that the endpoint asks for
 */
export function computeParkEnd(
  problem: ProviderProblem,
  retryAfterMs: number | undefined,
  now: number,
): number {
  const parkMs = retryAfterMs ?? (isTemporary(problem) ? BUSY_PARK_MS : ACCOUNT_PARK_MS);
  return now + Math.min(Math.max(parkMs, MIN_PARK_MS), MAX_PARK_MS);
}

/** Returns whether a retry may succeed within seconds. */
function isTemporary(problem: ProviderProblem): boolean {
  return problem === 'busy' || problem === 'rate_limit';
}

/** Classifies an error reply by its status and its parsed codes. The text does not count, because a text may quote the request. */
function classifyReply({ status, errorText }: ProviderReply): ProviderProblem {
  const body = parseJson(errorText);
  const fault = isJsonObject(body) ? findFault(body) : undefined;
  return classifyFault({ status, code: fault?.code ?? '' });
}

const PREDICATES: Record<Exclude<ProviderProblem, 'request'>, string> = {
  payment: 'requires payment',
  quota: 'reports an exhausted quota',
  rate_limit: 'is busy',
  key: 'refuses the key',
  busy: 'fails',
};

function describeProblem(
  problem: Exclude<ProviderProblem, 'request'>,
  { status, errorText }: ProviderReply,
): string {
  const text = errorText.trim();
  const detail = text === '' ? '' : `: ${text.slice(0, 300)}`;
  return `the model endpoint ${PREDICATES[problem]} (${status})${detail}`;
}
