import { z } from 'zod';

/** What the forge does to its clients when asked; each absent field does nothing. */
export const faultsSchema = z
  .object({
    /** The next `count` API calls are refused; status 200 is GraphQL's way of saying so. */
    rateLimit: z.object({
      count: z.number().int().min(0),
      status: z.union([z.literal(200), z.literal(403), z.literal(429)]).default(403),
      retryAfterSeconds: z.number().min(0).default(60),
      /** Without Retry-After, with `x-ratelimit-remaining: 0` and the time of reset. */
      primary: z.boolean().default(false),
    }),
    /** What the quota headers say. */
    quota: z.object({ remaining: z.number().int().min(0), resetSeconds: z.number().min(0) }),
    webhookDelayMs: z.number().min(0).max(600_000),
    webhookDropEvery: z.number().int().min(1),
    webhookDuplicateEvery: z.number().int().min(1),
    /** How often `mergeable` is null after a change; 1 unless told. */
    mergeableNullReads: z.number().int().min(0),
    /** Every n-th API call ends with 502: in turn before anything was done, and after all of it was. */
    serverErrorEvery: z.number().int().min(1),
    latencyMs: z.number().min(0).max(60_000),
  })
  .partial()
  .strict();
export type FaultSettings = z.infer<typeof faultsSchema>;

export type RateLimit = NonNullable<FaultSettings['rateLimit']>;

export type Faults = {
  set(settings: FaultSettings): void;
  readonly settings: FaultSettings;
  /** Calls that were refused for the rate limit since the forge started, under whatever settings. */
  readonly rateLimited: number;
  /** Counts a call. */
  takeRateLimit(): RateLimit | undefined;
  takeServerError(): 'before' | 'after' | undefined;
  takeWebhook(): 'once' | 'twice' | 'lost';
};

export function createFaults(): Faults {
  let settings: FaultSettings = {};
  let limited = 0;
  let rateLimited = 0;
  let calls = 0;
  let webhooks = 0;
  return {
    set(next) {
      settings = next;
      limited = 0;
      calls = 0;
      webhooks = 0;
    },
    get settings() {
      return settings;
    },
    get rateLimited() {
      return rateLimited;
    },
    takeRateLimit() {
      if (settings.rateLimit === undefined || limited >= settings.rateLimit.count) return undefined;
      limited += 1;
      rateLimited += 1;
      return settings.rateLimit;
    },
    takeServerError() {
      const every = settings.serverErrorEvery;
      if (every === undefined) return undefined;
      calls += 1;
      if (calls % every !== 0) return undefined;
      return (calls / every) % 2 === 1 ? 'before' : 'after';
    },
    takeWebhook() {
      webhooks += 1;
      if (isTurn(webhooks, settings.webhookDropEvery)) return 'lost';
      return isTurn(webhooks, settings.webhookDuplicateEvery) ? 'twice' : 'once';
    },
  };
}

function isTurn(count: number, every: number | undefined): boolean {
  return every !== undefined && count % every === 0;
}
