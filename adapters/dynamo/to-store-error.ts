import { AppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';
import { createItemTooLargeError } from '../table/stored-value.ts';

const THROTTLING_ERRORS = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'LimitExceededException',
]);
const THROTTLE_PAUSE_MS = 2_000;

/** Converts an error of the SDK. The SDK has already retried the call. */
export function toStoreError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  const message = describeError(error);
  if (name === 'ValidationException' && /item size/i.test(message))
    return createItemTooLargeError();
  if (THROTTLING_ERRORS.has(name)) {
    return new AppError(
      'paused',
      'store_throttled',
      'DynamoDB throttles requests; wait and try again',
      {
        details: { until: Date.now() + THROTTLE_PAUSE_MS },
        cause: error,
      },
    );
  }
  if (isTransient(error)) {
    return new AppError('transient', 'store_unreachable', `DynamoDB did not respond: ${message}`, {
      cause: error,
    });
  }
  return new AppError(
    'bug',
    'store_refused',
    `DynamoDB rejected the request: ${name}: ${message}`,
    {
      cause: error,
    },
  );
}

/** Returns true for a 5xx or 429 response and for a missing response; a retry of other 4xx responses cannot help. */
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
