// What a model endpoint's refusal means: for the request, and for the attempt.

export type ProviderVerdict =
  /** An answer for the agent, good or bad. */
  | { readonly kind: 'answer' }
  /** Passing trouble: ask once more after `waitMs`. */
  | { readonly kind: 'again'; readonly waitMs: number }
  /** No use in going on now: the attempt is parked until `until` (epoch milliseconds). */
  | { readonly kind: 'refused'; readonly reason: string; readonly until: number };

const MAX_TRIES = 3;
/** A longer wait than this is not sat out with an agent running. */
const MAX_WAIT_MS = 2_000;
const BUSY_PARK_MS = 60_000;
const ACCOUNT_PARK_MS = 5 * 60_000;
/** Whatever the endpoint asks for: everybody's work with it stands still for that long. */
const MAX_PARK_MS = 15 * 60_000;

export type ProviderReply = {
  readonly status: number;
  /** Epoch milliseconds. */
  readonly retryAt: number | undefined;
  /** The beginning of a refusal's body. */
  readonly text: string;
};

/** `tries` counts this one; `reply` undefined: the endpoint could not be reached. */
export function judgeProviderReply(
  reply: ProviderReply | undefined,
  tries: number,
  now: number,
): ProviderVerdict {
  if (reply !== undefined && reply.status < 400) return { kind: 'answer' };
  const trouble =
    reply === undefined
      ? createPassingTrouble('cannot be reached', BUSY_PARK_MS)
      : classifyTrouble(reply);
  if (trouble === undefined) return { kind: 'answer' };
  const asked = reply?.retryAt === undefined ? undefined : Math.max(0, reply.retryAt - now);
  const waitMs = asked ?? 250 * 3 ** (tries - 1);
  if (trouble.passing && tries < MAX_TRIES && waitMs <= MAX_WAIT_MS) {
    return { kind: 'again', waitMs };
  }
  return {
    kind: 'refused',
    reason: trouble.reason,
    until: now + Math.min(Math.max(asked ?? trouble.parkMs, 1_000), MAX_PARK_MS),
  };
}

type ProviderTrouble = {
  readonly reason: string;
  readonly passing: boolean;
  readonly parkMs: number;
};

function createPassingTrouble(what: string, parkMs: number): ProviderTrouble {
  return { reason: `the model endpoint ${what}`, passing: true, parkMs };
}

/** Undefined: a fault of the request (what it asks for may not be there), which the agent has to see. */
function classifyTrouble(reply: ProviderReply): ProviderTrouble | undefined {
  const said = reply.text.trim() === '' ? '' : `: ${reply.text.trim().slice(0, 300)}`;
  const account = { passing: false, parkMs: ACCOUNT_PARK_MS };
  const { status } = reply;
  if (/insufficient_quota|exceeded your current quota|credit balance|billing/i.test(reply.text)) {
    return {
      reason: `the model endpoint says the quota is used up (${status})${said}`,
      ...account,
    };
  }
  if (status === 401 || status === 403) {
    return { reason: `the model endpoint refuses the key (${status})${said}`, ...account };
  }
  if (status === 402)
    return { reason: `the model endpoint wants payment (402)${said}`, ...account };
  if (status === 429) return createPassingTrouble(`is busy (429)${said}`, BUSY_PARK_MS);
  if (status === 408 || status >= 500)
    return createPassingTrouble(`fails (${status})${said}`, BUSY_PARK_MS);
  return undefined;
}

/** Of a Retry-After header (seconds or a date), epoch milliseconds. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return now + Math.max(0, seconds) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date;
}
