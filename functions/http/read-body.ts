import { AppError } from '../../core/base/app-error.ts';
import type { Route } from '../../core/contract/route.ts';
import { findJsonShapeProblem, JSON_LIMITS } from './json-shape.ts';
import { createInvalidRequestError } from './validate-input.ts';

const DEFAULT_MAX_BYTES = 256 * 1024;

/** The JSON of a body, for the route's schema to judge; no body at all is an empty object. */
export function readBody(
  route: Route,
  bytes: Uint8Array,
  contentType: string | undefined,
): unknown {
  requireSize(bytes, route.maxBytes ?? DEFAULT_MAX_BYTES);
  if (bytes.length === 0) return {};
  requireJsonType(contentType);
  const text = decodeUtf8(bytes);
  const problem = findJsonShapeProblem(text, JSON_LIMITS);
  if (problem !== undefined) throw createBodyError(problem);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw createBodyError(cause instanceof Error ? `is not JSON: ${cause.message}` : 'is not JSON');
  }
}

function requireSize(bytes: Uint8Array, maxBytes: number): void {
  if (bytes.length <= maxBytes) return;
  throw new AppError(
    'limited',
    'body_too_large',
    `the body has ${bytes.length} bytes; at most ${maxBytes} are taken here`,
    { details: { bytes: bytes.length, maxBytes } },
  );
}

function requireJsonType(contentType: string | undefined): void {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='));
  const utf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  if (type.trim() === 'application/json' && utf8) return;
  throw new AppError(
    'invalid',
    'unsupported_content_type',
    'the body has to be JSON in UTF-8, sent with content-type: application/json',
  );
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw createBodyError('is not UTF-8');
  }
}

function createBodyError(message: string): AppError {
  return createInvalidRequestError([{ in: 'body', path: '', message }]);
}
