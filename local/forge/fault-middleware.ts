import { setTimeout as delay } from 'node:timers/promises';
import type { Context, Hono } from 'hono';
import type { RateLimit } from './fault.ts';
import type { ForgeContext, ForgeEnv } from './forge-context.ts';
import { sendJson, toErrorResponse } from './http.ts';
import { HttpError } from './http-error.ts';

/** Maximum number of API calls per hour that GitHub allows an App. */
const HOURLY_QUOTA = 15_000;
const HOUR_MS = 3_600_000;

/** Applies the injected faults to API calls, and adds the rate limit headers to each answer. */
export function addFaults(app: Hono<ForgeEnv>, context: ForgeContext): void {
  const { faults } = context;
  app.use('/api/*', async (c, next) => {
    const latencyMs = faults.settings.latencyMs ?? 0;
    if (latencyMs > 0) await delay(latencyMs);
    const limit = faults.takeRateLimit();
    if (limit !== undefined) return sendRateLimit(context, c, limit);
    const failure = faults.takeServerError();
    if (failure === 'before') return toErrorResponse(new HttpError(502, 'Server Error'));
    await next();
    if (failure === 'after') {
      // Hono copies the headers of a replaced response unless the response is cleared first.
      c.res = undefined;
      c.res = toErrorResponse(new HttpError(502, 'Server Error'));
    }
    setQuotaHeaders(context, c.res.headers);
    return undefined;
  });
}

function setQuotaHeaders(context: ForgeContext, headers: Headers): void {
  const quota = context.faults.settings.quota;
  const remaining = quota?.remaining ?? HOURLY_QUOTA;
  const resetMs = quota === undefined ? HOUR_MS : quota.resetSeconds * 1_000;
  headers.set('x-ratelimit-limit', String(HOURLY_QUOTA));
  headers.set('x-ratelimit-remaining', String(remaining));
  headers.set('x-ratelimit-used', String(HOURLY_QUOTA - remaining));
  headers.set('x-ratelimit-reset', String(Math.ceil((context.now() + resetMs) / 1_000)));
  headers.set('x-ratelimit-resource', 'core');
}

function sendRateLimit(context: ForgeContext, c: Context<ForgeEnv>, limit: RateLimit): Response {
  const reset = Math.ceil((context.now() + limit.retryAfterSeconds * 1_000) / 1_000);
  const headers: Record<string, string> = limit.primary
    ? { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }
    : { 'retry-after': String(limit.retryAfterSeconds) };
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  const message = limit.primary
    ? 'API rate limit exceeded for installation ID 1.'
    : 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  if (limit.status === 200) {
    return sendJson(c, { data: null, errors: [{ type: 'RATE_LIMITED', message }] });
  }
  return sendJson(c, new HttpError(limit.status, message).body, limit.status);
}
