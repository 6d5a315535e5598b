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
    webhookDropEvery: z.number().int().min(1),
    webhookDuplicateEvery: z.number().int().min(1),
    /** Number of reads of `mergeable` that answer null after head or base moved. Default: 1. */
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
  /** Replaces the settings and resets the counters, except `rateLimited`. */
  set(settings: FaultSettings): void;
  readonly settings: FaultSettings;
  /** Number of calls that rate limits refused since the forge started. */
  readonly rateLimited: number;
  takeRateLimit(): RateLimit | undefined;
  /** Whether the call answers 502 instead: `before` or `after` the call takes effect. */
  takeServerError(): 'before' | 'after' | undefined;
  /** How often the delivery is sent. */
  takeWebhook(): 'once' | 'twice' | 'lost';
};

export function createFaults(): Faults {
  let settings: FaultSettings = {};
  let limitedSinceSet = 0;
  let rateLimited = 0;
  let calls = 0;
  let webhooks = 0;
  return {
    set(next) {
      settings = next;
      limitedSinceSet = 0;
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
      if (settings.rateLimit === undefined || limitedSinceSet >= settings.rateLimit.count)
        return undefined;
      limitedSinceSet += 1;
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
      if (isEveryNth(webhooks, settings.webhookDropEvery)) return 'lost';
      return isEveryNth(webhooks, settings.webhookDuplicateEvery) ? 'twice' : 'once';
    },
  };
}

function isEveryNth(count: number, every: number | undefined): boolean {
  return every !== undefined && count % every === 0;
}
