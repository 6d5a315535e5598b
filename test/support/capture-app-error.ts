import { AppError } from '../../core/base/app-error.ts';

/** Returns the AppError with which the promise rejects. Throws if the promise resolves or rejects with another error. */
export async function captureAppError(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof AppError))
    throw new Error('expected the promise to reject with an AppError', { cause: error });
  return error;
}
