import { isAppError } from '../../core/base/app-error.ts';
import type { Clock, Log } from '../../core/port/runtime.ts';
import { toHttpError } from '../edge.ts';

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Creates the headers of every response. */
export function createAnswerHeaders(requestId: string): Record<string, string> {
  return { ...SECURITY_HEADERS, 'x-request-id': requestId };
}

/** Responds to an error. Logs a failure of the server in full, and a mistake of the caller or a pause in one line. */
export function answerError(
  error: unknown,
  requestId: string,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Response {
  const { status, headers, body } = toHttpError(error, requestId, clock.now());
  const { code } = body.error;
  if (status >= 500 && !isAppError(error, 'paused'))
    log.error('request failed', { requestId, status, code, error });
  else log.info('request refused', { requestId, status, code });
  return Response.json(body, {
    status,
    headers: { ...createAnswerHeaders(requestId), ...headers },
  });
}
