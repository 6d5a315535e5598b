import { expect } from 'vitest';
import { z } from 'zod';
import { errorBodySchema } from '../../../core/contract/routes/route.ts';
import type { ContractRow } from './contract-rows.ts';
import { ATTEMPT_ID, renderPath } from './contract-rows.ts';
import type { HttpInput } from './http-event.ts';
import type { TestAnswer, TestApi } from './test-api.ts';
import { signWebhook } from './test-api.ts';

/** Bearer tokens by access kind. */
export type Bearers = Readonly<Record<string, string>>;
/** Fields of a request that replace the defaults. */
export type RequestOverrides = Partial<HttpInput>;

/** Creates a bearer token for each access kind that needs one. */
export async function createBearers(
  api: Pick<TestApi, 'sessions' | 'attemptToken'>,
): Promise<Bearers> {
  return { ...api.sessions, attempt: await api.attemptToken(ATTEMPT_ID) };
}

/** Sends a request with valid credentials of its route, unless `overrides` contains others. */
export async function sendContractRequest(
  api: Pick<TestApi, 'send'>,
  bearers: Bearers,
  { group, route }: ContractRow,
  overrides: RequestOverrides = {},
): Promise<TestAnswer> {
  const bearer = bearers[route.access];
  const authorization: Record<string, string> =
    bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const signature: Record<string, string> =
    route.access === 'signature'
      ? { 'x-hub-signature-256': signWebhook(overrides.body ?? '') }
      : {};
  const contentType: Record<string, string> =
    overrides.body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { ...authorization, ...signature, ...contentType, ...overrides.headers };
  return api.send(group, { method: route.method, path: renderPath(route), ...overrides, headers });
}

/** Requires an error response with one of the statuses, a message and the usual headers. */
export async function expectRefusal(
  answer: Promise<TestAnswer>,
  statuses: readonly number[],
  description: string,
) {
  const { status, headers, json, requestId, text } = await answer;
  expect(statuses, `${description}: ${text.slice(0, 300)}`).toContain(status);
  const { error } = errorBodySchema.parse(json);
  expect(error.requestId).toBe(requestId);
  expect(error.message.length).toBeGreaterThan(8);
  expect(text.length).toBeLessThan(20_000);
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['x-request-id']).toBe(requestId);
  return { error, headers };
}

export function listIssues(error: { readonly details?: Record<string, unknown> | undefined }) {
  const shape = z.array(z.object({ in: z.string(), path: z.string(), message: z.string() }));
  return shape.parse(error.details?.issues);
}
