import { AppError } from '../../core/base/app-error.ts';
import type { Route } from '../../core/contract/routes/route.ts';
import { findJsonShapeProblem, JSON_LIMITS } from './json-shape.ts';
import { createInvalidRequestError } from './validate-input.ts';

const DEFAULT_MAX_BYTES = 256 * 1024;

/** Parses a JSON body within the size limit of the route; a missing body becomes an empty object. */
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
    `the body has ${bytes.length} bytes, but this route accepts at most ${maxBytes}`,
    { details: { bytes: bytes.length, maxBytes } },
  );
}

function requireJsonType(contentType: string | undefined): void {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  if (type.trim() === 'application/json' && isUtf8) return;
  throw new AppError(
    'invalid',
    'unsupported_content_type',
    'the body must be JSON in UTF-8 with the header "content-type: application/json"',
  );
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw createBodyError('is not valid UTF-8');
  }
}

function createBodyError(message: string): AppError {
  return createInvalidRequestError([{ in: 'body', path: '', message }]);
}
