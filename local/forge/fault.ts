import { z } from 'zod';

/** Body of `POST /_forge/faults`: the faults that tests inject. An absent field injects nothing. */
export const faultsSchema = z
  .object({
    /** Refuses the next `count` API calls. With status 200 the body has an error, as GraphQL reports a rate limit. */
    rateLimit: z.object({
      count: z.number().int().min(0),
      status: z.union([z.literal(200), z.literal(403), z.literal(429)]).default(403),
      retryAfterSeconds: z.number().min(0).default(60),
      /** True: reports the primary rate limit by `x-ratelimit-*` headers instead of `Retry-After`. */
      primary: z.boolean().default(false),
    }),
    /** Values of the rate limit headers in every answer. */
    quota: z.object({ remaining: z.number().int().min(0), resetSeconds: z.number().min(0) }),
    webhookDelayMs: z.number().min(0).max(600_000),
    /** Every n-th webhook is dropped. */
    webhookDropEvery: z.number().int().min(1),
    /** Every n-th webhook is sent twice. */
    webhookDuplicateEvery: z.number().int().min(1),
    /** Number of reads that answer `mergeable: null` each time after head or base has moved. Default: 1. */
    mergeableNullReads: z.number().int().min(0),
    /** Every n-th API call answers 502, alternately before and after the call took effect. */
    serverErrorEvery: z.number().int().min(1),
    latencyMs: z.number().min(0).max(60_000),
  })
  .partial()
  .strict();
/** Settings of the injected faults. */
export type FaultSettings = z.infer<typeof faultsSchema>;

/** Settings of an injected rate limit. */
export type RateLimit = NonNullable<FaultSettings['rateLimit']>;

/** The injected faults. Each `take` method counts one call or delivery and returns the fault to apply. */
export type Faults = {
  /** Replaces the settings and resets the counters, except `rateLimitedCalls`. */
  set(settings: FaultSettings): void;
  readonly settings: FaultSettings;
  /** Number of API calls since the start of the forge that were refused because of an injected rate limit. */
  readonly rateLimitedCalls: number;
  /** Returns the rate limit that refuses the call; undefined: the call proceeds. */
  takeRateLimit(): RateLimit | undefined;
  /** Returns whether the call answers 502 before or after the call takes effect; undefined: the call answers normally. */
  takeServerError(): 'before' | 'after' | undefined;
  /** Returns how often the delivery is sent. */
  takeWebhook(): 'once' | 'twice' | 'lost';
};

export function createFaults(): Faults {
  let settings: FaultSettings = {};
  let refusedSinceSet = 0;
  let rateLimitedCalls = 0;
  let calls = 0;
  let webhooks = 0;
  return {
    set(next) {
      settings = next;
      refusedSinceSet = 0;
      calls = 0;
      webhooks = 0;
    },
    get settings() {
      return settings;
    },
    get rateLimitedCalls() {
      return rateLimitedCalls;
    },
    takeRateLimit() {
      if (settings.rateLimit === undefined || refusedSinceSet >= settings.rateLimit.count)
        return undefined;
      refusedSinceSet += 1;
      rateLimitedCalls += 1;
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
      if (isEveryNth(webhooks, settings.webhookDropEvery)) return 'lost';
      return isEveryNth(webhooks, settings.webhookDuplicateEvery) ? 'twice' : 'once';
    },
  };
}

function isEveryNth(count: number, every: number | undefined): boolean {
  return every !== undefined && count % every === 0;
}
