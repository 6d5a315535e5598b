import { z } from 'zod';

/** Faults to inject, for tests. An absent field injects nothing. */
export const faultsSchema = z
  .object({
    /** Refuses the next `count` API calls. Status 200 is the form of a rate limit in GraphQL. */
    rateLimit: z.object({
      count: z.number().int().min(0),
      status: z.union([z.literal(200), z.literal(403), z.literal(429)]).default(403),
      retryAfterSeconds: z.number().min(0).default(60),
      /** Sends `x-ratelimit-remaining: 0` and the time of reset instead of Retry-After. */
      primary: z.boolean().default(false),
    }),
    /** Content of the quota headers. */
    quota: z.object({ remaining: z.number().int().min(0), resetSeconds: z.number().min(0) }),
    webhookDelayMs: z.number().min(0).max(600_000),
    webhookDropEvery: z.number().int().min(1),
    webhookDuplicateEvery: z.number().int().min(1),
    /** Reads of `mergeable` that answer null after a change. Default: 1. */
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

/** The injected faults. Each `take` method counts a call and returns its fault. */
export type Faults = {
  /** Replaces the settings and starts counting anew. */
  set(settings: FaultSettings): void;
  readonly settings: FaultSettings;
  /** Calls refused by a rate limit since the forge started, over all settings. */
  readonly rateLimited: number;
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
