import type { ReportedFault } from './chat-reply.ts';

/**
 * Cause of an error of a model endpoint.
 * - `payment`    the account has no credit (402)
 * - `quota`      the quota or the budget of the account is used up
 * - `rate_limit` too many requests or tokens in a short time
 * - `key`        the endpoint does not accept the key
 * - `busy`       the endpoint fails or is overloaded; the same request may succeed later
 * - `request`    the endpoint rejects this request
 */
export type ProviderProblem = 'payment' | 'quota' | 'rate_limit' | 'key' | 'busy' | 'request';

const QUOTA_CODES =
  'insufficient_quota quota_exceeded exceeded_current_quota_error billing_hard_limit_reached billing_not_active billing_error insufficient_balance insufficient_credits payment_required budget_exceeded';
const KEY_CODES =
  'invalid_api_key authentication_error invalid_authentication unauthorized unauthenticated permission_denied permission_error account_deactivated account_suspended organization_suspended access_terminated access_terminated_error';
const RATE_CODES =
  'rate_limit rate_limit_error rate_limit_exceeded rate_limited too_many_requests throttling throttling_exception throttlingexception tokens_exceeded resource_exhausted';
const REQUEST_CODES =
  'invalid_request_error bad_request bad_request_error invalid_argument invalid_prompt invalid_value validation_exception validationexception context_length_exceeded exceed_context_size_error not_found not_found_error model_not_found content_filter content_policy_violation unprocessable_entity';

/** Codes of a moderation, which concerns one request although the status looks like a refused key. */
const MODERATION = /flagged|moderation|content_policy|content_filter|guardrail/;

/** Classifies an error by its status and its codes. Messages do not count, because a message may quote the request. */
export function classifyFault({ status, code }: Omit<ReportedFault, 'message'>): ProviderProblem {
  const codes = code
    .toLowerCase()
    .split(/[\s,]+/)
    .map((word) => word.replace(/[^a-z0-9]+/g, '_'));
  const names = (list: string) => codes.some((word) => list.split(' ').includes(word));
  switch (status) {
    case 401:
      return 'key';
    case 402:
      return 'payment';
    case 403:
      if (MODERATION.test(code.toLowerCase())) return 'request';
      if (names(QUOTA_CODES)) return 'quota';
      return names(KEY_CODES) ? 'key' : 'request';
    case 429:
      return names(QUOTA_CODES) ? 'quota' : 'rate_limit';
    case undefined:
      break;
    default:
      return status === 408 || status === 425 || status >= 500 ? 'busy' : 'request';
  }
  if (MODERATION.test(code.toLowerCase()) || names(REQUEST_CODES)) return 'request';
  if (names(QUOTA_CODES)) return 'quota';
  if (names(KEY_CODES)) return 'key';
  return names(RATE_CODES) ? 'rate_limit' : 'busy';
}
