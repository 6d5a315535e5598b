// What a model endpoint's refusal means: for the request, and for the attempt.

export type ProviderVerdict =
  /** An answer for the agent, good or bad. */
  | { kind: 'answer' }
  /** Passing trouble: ask once more after `waitMs`. */
  | { kind: 'again'; waitMs: number }
  /** No use in going on now: the attempt is parked until `until` (epoch milliseconds). */
  | { kind: 'refused'; reason: string; until: number };

const MAX_TRIES = 3;
/** A longer wait than this is not sat out with an agent running. */
const LONGEST_WAIT_MS = 2_000;
const BUSY_MS = 60_000;
const ACCOUNT_MS = 5 * 60_000;
/** Whatever the endpoint asks for: everybody's work with it stands still for that long. */
const LONGEST_PARK_MS = 15 * 60_000;

export type ProviderReply = {
  status: number;
  /** Epoch milliseconds. */
  retryAt: number | undefined;
  /** The beginning of a refusal's body. */
  text: string;
};

/** `tries` counts this one; `reply` undefined: the endpoint could not be reached. */
export function judgeReply(
  reply: ProviderReply | undefined,
  tries: number,
  now: number,
): ProviderVerdict {
  if (reply !== undefined && reply.status < 400) return { kind: 'answer' };
  const trouble = reply === undefined ? passing('cannot be reached', BUSY_MS) : readTrouble(reply);
  if (trouble === undefined) return { kind: 'answer' };
  const asked = reply?.retryAt === undefined ? undefined : Math.max(0, reply.retryAt - now);
  const waitMs = asked ?? 250 * 3 ** (tries - 1);
  if (trouble.passing && tries < MAX_TRIES && waitMs <= LONGEST_WAIT_MS) {
    return { kind: 'again', waitMs };
  }
  return {
    kind: 'refused',
    reason: trouble.reason,
    until: now + Math.min(Math.max(asked ?? trouble.parkMs, 1_000), LONGEST_PARK_MS),
  };
}

type Trouble = { reason: string; passing: boolean; parkMs: number };

function passing(what: string, parkMs: number): Trouble {
  return { reason: `the model endpoint ${what}`, passing: true, parkMs };
}

/** Undefined: a fault of the request (what it asks for may not be there), which the agent has to see. */
function readTrouble(reply: ProviderReply): Trouble | undefined {
  const said = reply.text.trim() === '' ? '' : `: ${reply.text.trim().slice(0, 300)}`;
  const account = { passing: false, parkMs: ACCOUNT_MS };
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
  if (status === 429) return passing(`is busy (429)${said}`, BUSY_MS);
  if (status === 408 || status >= 500) return passing(`fails (${status})${said}`, BUSY_MS);
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
