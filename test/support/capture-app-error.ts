import { AppError } from '../../core/base/app-error.ts';

/** What the promise is rejected with. Throws when it is not, or with something else. */
export async function captureAppError(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof AppError)) throw new Error('an AppError was expected', { cause: error });
  return error;
}
