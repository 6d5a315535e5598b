import { z } from 'zod';
import { parseJson } from '../../../core/base/parse-json.ts';
import type { ModelApi } from './allowed-fields.ts';
import { selectAllowedFields } from './allowed-fields.ts';

// Decides which requests of an agent the proxy forwards to the model endpoint, and prepares these requests.

/** Request to forward to the model endpoint. */
export type ModelCall = {
  readonly method: 'GET' | 'POST';
  /** Path below the base URL of the endpoint, with a leading slash. */
  readonly path: string;
  /** JSON; empty for GET. */
  readonly body: string;
  /** Whether the request consumes tokens. */
  readonly isMetered: boolean;
  /** Whether the request uses the messages API, which has a separate header for the key. */
  readonly usesMessagesApi: boolean;
  /** Fields and tools of the agent's request that are not forwarded, for people. */
  readonly removed: readonly string[];
};

/** HTTP status and message with which the proxy itself answers a request that is not forwarded. */
export type RejectedCall = { readonly status: number; readonly problem: string };

type CallRule = {
  readonly method: ModelCall['method'];
  readonly isMetered: boolean;
  /** API whose fields are forwarded; undefined for a request without a body. */
  readonly api?: ModelApi;
};
const CALL_RULES: Record<string, CallRule> = {
  '/models': { method: 'GET', isMetered: false },
  '/chat/completions': { method: 'POST', isMetered: true, api: 'chat' },
  '/responses': { method: 'POST', isMetered: true, api: 'responses' },
  '/messages': { method: 'POST', isMetered: true, api: 'messages' },
  '/messages/count_tokens': { method: 'POST', isMetered: false, api: 'messages' },
};

const bodySchema = z.looseObject({
  stream: z.boolean().nullish(),
  stream_options: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * Prepares a request: removes fields that are not allowed, sets the model of the attempt, and asks the endpoint to report token usage if the API does so only on request.
 */
export function prepareModelCall(
  method: string,
  url: string,
  body: string,
  model: string,
): ModelCall | RejectedCall {
  const path = url.split('?')[0]?.replace(/^\/v1(?=\/)/, '') ?? '';
  const rule = CALL_RULES[path];
  if (!rule) return { status: 404, problem: `the model proxy does not serve ${path}` };
  if (method !== rule.method)
    return { status: 405, problem: `${path} requires the method ${rule.method}` };
  const call = {
    path,
    method: rule.method,
    isMetered: rule.isMetered,
    usesMessagesApi: rule.api === 'messages',
  };
  if (rule.api === undefined) return { ...call, body: '', removed: [] };
  const parsed = bodySchema.safeParse(parseJson(body));
  if (!parsed.success) return { status: 400, problem: `the body is not a valid ${path} request` };
  const { body: allowed, removed } = selectAllowedFields(rule.api, parsed.data);
  const usageOptions =
    rule.api === 'chat' && parsed.data.stream
      ? { stream_options: { ...parsed.data.stream_options, include_usage: true } }
      : {};
  return { ...call, body: JSON.stringify({ ...allowed, model, ...usageOptions }), removed };
}
