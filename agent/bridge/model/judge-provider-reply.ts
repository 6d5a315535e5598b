// Decides what the proxy does after a failed model request: pass the reply to the agent, retry, or park the attempt.

/** Handling of a reply from the model endpoint. */
export type ProviderVerdict =
  /** Pass the reply to the agent. */
  | { readonly kind: 'answer' }
  /** Send the request again after `waitMs` milliseconds. */
  | { readonly kind: 'retry'; readonly waitMs: number }
  /** Park the attempt until `until`, epoch milliseconds. */
  | { readonly kind: 'refused'; readonly reason: string; readonly until: number };

const MAX_TRIES = 3;
/** Longest wait before a retry, milliseconds. If the endpoint asks for a longer wait, the attempt is parked. */
const MAX_RETRY_WAIT_MS = 2_000;
/** Pause after a temporary failure, milliseconds. */
const BUSY_PARK_MS = 60_000;
/** Pause after a refusal because of the key, quota or payment, milliseconds. */
const ACCOUNT_PARK_MS = 5 * 60_000;
/** Bounds of every pause, milliseconds. The pause applies to all attempts with the same endpoint. */
const MIN_PARK_MS = 1_000;
const MAX_PARK_MS = 15 * 60_000;

const FIRST_RETRY_MS = 250;

/** Reply of the model endpoint, as far as the decision needs it. */
export type ProviderReply = {
  readonly status: number;
  /** Wait that the header Retry-After asks for, milliseconds; undefined without this header. */
  readonly retryAfterMs: number | undefined;
  /** Beginning of the body if the reply is an error; otherwise empty. */
  readonly text: string;
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
  if (reply !== undefined && reply.status < 400) return { kind: 'answer' };
  const trouble =
    reply === undefined ? createTemporaryTrouble('cannot be reached') : classifyTrouble(reply);
  if (trouble === undefined) return { kind: 'answer' };
  const waitMs = reply?.retryAfterMs ?? FIRST_RETRY_MS * 3 ** (tries - 1);
  if (trouble.isTemporary && tries < MAX_TRIES && waitMs <= MAX_RETRY_WAIT_MS) {
    return { kind: 'retry', waitMs };
  }
  return {
    kind: 'refused',
    reason: trouble.reason,
    until: now + clampParkMs(reply?.retryAfterMs ?? trouble.parkMs),
  };
}

function clampParkMs(ms: number): number {
  return Math.min(Math.max(ms, MIN_PARK_MS), MAX_PARK_MS);
}

type ProviderTrouble = {
  readonly reason: string;
  /** Whether a retry may succeed within seconds. */
  readonly isTemporary: boolean;
  readonly parkMs: number;
};

function createTemporaryTrouble(predicate: string): ProviderTrouble {
  return { reason: `the model endpoint ${predicate}`, isTemporary: true, parkMs: BUSY_PARK_MS };
}

/** Classifies an error reply. Returns undefined if the request is at fault, because then the agent must see the reply. */
function classifyTrouble(reply: ProviderReply): ProviderTrouble | undefined {
  const text = reply.text.trim();
  const detail = text === '' ? '' : `: ${text.slice(0, 300)}`;
  const account = { isTemporary: false, parkMs: ACCOUNT_PARK_MS };
  const { status } = reply;
  if (/insufficient_quota|exceeded your current quota|credit balance|billing/i.test(reply.text)) {
    return {
      reason: `the model endpoint reports an exhausted quota (${status})${detail}`,
      ...account,
    };
  }
  if (status === 401 || status === 403) {
    return { reason: `the model endpoint refuses the key (${status})${detail}`, ...account };
  }
  if (status === 402)
    return { reason: `the model endpoint requires payment (402)${detail}`, ...account };
  if (status === 429) return createTemporaryTrouble(`is busy (429)${detail}`);
  if (status === 408 || status >= 500) return createTemporaryTrouble(`fails (${status})${detail}`);
  return undefined;
}
