// Decides whether a refusal of the model endpoint is passed to the agent, retried, or parks the attempt.

/** Decision about a reply of the model endpoint. */
export type ProviderVerdict =
  /** Pass the reply to the agent. */
  | { readonly kind: 'answer' }
  /** Send the request again after `waitMs` milliseconds. */
  | { readonly kind: 'retry'; readonly waitMs: number }
  /** Park the attempt until `until`, epoch milliseconds. */
  | { readonly kind: 'refused'; readonly reason: string; readonly until: number };

const MAX_TRIES = 3;
/** Longest wait before a retry while the agent runs, milliseconds; a longer wait parks the attempt. */
const MAX_WAIT_MS = 2_000;
/** Pause after a temporary failure, milliseconds. */
const BUSY_PARK_MS = 60_000;
/** Pause after a refusal of the account, milliseconds. */
const ACCOUNT_PARK_MS = 5 * 60_000;
/** Bounds of every pause, milliseconds: all attempts with the same endpoint pause for this time. */
const MIN_PARK_MS = 1_000;
const MAX_PARK_MS = 15 * 60_000;

const FIRST_RETRY_MS = 250;

/** Head of a reply of the model endpoint. */
export type ProviderReply = {
  readonly status: number;
  /** Wait that the endpoint asks for, milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Beginning of the body of a refusal. */
  readonly text: string;
};

/**
 * Judges the reply to a request that consumes tokens.
 *
 * @param reply undefined if the endpoint could not be reached
 * @param tries tries so far, from 1
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
  if (trouble.isTemporary && tries < MAX_TRIES && waitMs <= MAX_WAIT_MS) {
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

/** Classifies a refusal. Returns undefined for a fault of the request, which the agent must see. */
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
