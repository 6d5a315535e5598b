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
  const problem =
    reply === undefined ? createTemporaryProblem('cannot be reached') : classifyProblem(reply);
  if (problem === undefined) return { kind: 'pass' };
  const waitMs = reply?.retryAfterMs ?? FIRST_RETRY_WAIT_MS * 3 ** (tries - 1);
  if (problem.isTemporary && tries < MAX_TRIES && waitMs <= MAX_RETRY_WAIT_MS) {
    return { kind: 'retry', waitMs };
  }
  return {
    kind: 'park',
    reason: problem.reason,
    until: now + clampParkMs(reply?.retryAfterMs ?? problem.parkMs),
  };
}

function clampParkMs(ms: number): number {
  return Math.min(Math.max(ms, MIN_PARK_MS), MAX_PARK_MS);
}

/** Problem of the model endpoint, as opposed to a faulty request. */
type ProviderProblem = {
  readonly reason: string;
  /** Whether a retry may succeed within seconds. */
  readonly isTemporary: boolean;
  /** Time to park the task if the endpoint names no time, milliseconds. */
  readonly parkMs: number;
};

function createTemporaryProblem(predicate: string): ProviderProblem {
  return { reason: `the model endpoint ${predicate}`, isTemporary: true, parkMs: BUSY_PARK_MS };
}

/** Classifies an error reply. Returns undefined if the request of the agent is faulty, because the agent must then see the reply. */
function classifyProblem(reply: ProviderReply): ProviderProblem | undefined {
  const text = reply.errorText.trim();
  const detail = text === '' ? '' : `: ${text.slice(0, 300)}`;
  const accountProblem = { isTemporary: false, parkMs: ACCOUNT_PARK_MS };
  const { status } = reply;
  if (
    /insufficient_quota|exceeded your current quota|credit balance|billing/i.test(reply.errorText)
  ) {
    return {
      reason: `the model endpoint reports an exhausted quota (${status})${detail}`,
      ...accountProblem,
    };
  }
  if (status === 401 || status === 403) {
    return { reason: `the model endpoint refuses the key (${status})${detail}`, ...accountProblem };
  }
  if (status === 402)
    return { reason: `the model endpoint requires payment (402)${detail}`, ...accountProblem };
  if (status === 429) return createTemporaryProblem(`is busy (429)${detail}`);
  if (status === 408 || status >= 500) return createTemporaryProblem(`fails (${status})${detail}`);
  return undefined;
}
