import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';
import type { ErrorBody } from '../../core/contract/routes/route.ts';

const resultSchema = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});
/** Result of a handler for HTTP requests. */
export type HttpResult = z.infer<typeof resultSchema>;

/** Headers that a handler cannot set, because the HTTP server sets them. */
const IGNORED_HEADERS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/** Parses a handler's result; like API Gateway, uses a value without `statusCode` as the JSON body of a 200 response. */
export function parseHttpResult(result: unknown): HttpResult {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const headers = { 'content-type': 'application/json' };
    return { statusCode: 200, headers, body: JSON.stringify(result) };
  }
  const parsed = resultSchema.safeParse(result);
  if (parsed.success) return parsed.data;
  const message = `a handler returned an invalid HTTP result: ${z.prettifyError(parsed.error)}`;
  throw new AppError('bug', 'bad_result', message);
}

/** Sends a handler's result. */
export function sendResult(response: ServerResponse, result: HttpResult, requestId: string): void {
  if (response.destroyed) return;
  response.statusCode = result.statusCode;
  for (const [name, value] of Object.entries(result.headers ?? {})) {
    if (!IGNORED_HEADERS.has(name.toLowerCase())) response.setHeader(name, String(value));
  }
  const cookies = result.cookies ?? [];
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.setHeader('apigw-requestid', requestId);
  response.end(Buffer.from(result.body ?? '', result.isBase64Encoded === true ? 'base64' : 'utf8'));
}

/** Sends an error in the format of the API. */
export function sendError(
  response: ServerResponse,
  status: number,
  error: { readonly code: string; readonly message: string },
  requestId: string,
): void {
  const body: ErrorBody = { error: { ...error, requestId } };
  const headers = { 'content-type': 'application/json' };
  sendResult(response, { statusCode: status, headers, body: JSON.stringify(body) }, requestId);
}
