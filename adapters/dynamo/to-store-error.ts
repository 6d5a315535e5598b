import { AppError } from '../../core/base/app-error.ts';
import { createItemTooLargeError } from './stored-value.ts';

const THROTTLING_ERRORS = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'LimitExceededException',
]);
const THROTTLE_PAUSE_MS = 2_000;

/** The SDK has already tried again by itself when this is asked. */
export function toStoreError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  const message = error instanceof Error ? error.message : String(error);
  if (name === 'ValidationException' && /item size/i.test(message))
    return createItemTooLargeError();
  if (THROTTLING_ERRORS.has(name)) {
    return new AppError('paused', 'store_throttled', 'the store asks for a pause', {
      details: { until: Date.now() + THROTTLE_PAUSE_MS },
      cause: error,
    });
  }
  if (isTransient(error)) {
    return new AppError('transient', 'store_unreachable', `the store did not answer: ${message}`, {
      cause: error,
    });
  }
  return new AppError('bug', 'store_refused', `the store refused: ${name}: ${message}`, {
    cause: error,
  });
}

/** A 5xx, or no answer at all. What was refused with a 4xx will be refused again. */
function isTransient(error: unknown): boolean {
  const status = readHttpStatus(error);
  if (status !== undefined) return status >= 500 || status === 429;
  return error instanceof Error && ('code' in error || error.name === 'TimeoutError');
}

function readHttpStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  if (!('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
