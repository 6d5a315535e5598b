import { AppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const RESULT = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};

/** Converts an error of SQLite. `path`: the file, for errors while it is opened. */
export function toStoreError(error: unknown, path = 'the store'): AppError {
  if (error instanceof AppError) return error;
  const message = describeError(error);
  const options = { cause: error };
  switch (readResultCode(error)) {
    case RESULT.full:
      return new AppError(
        'transient',
        'store_full',
        `the disk of the data folder is full (${message}): free space; the work continues by itself`,
        options,
      );
    case RESULT.busy:
    case RESULT.locked:
      return new AppError(
        'transient',
        'store_busy',
        `another process uses ${path}: stop it (${message})`,
        options,
      );
    case RESULT.ioError:
    case RESULT.readOnly:
    case RESULT.cannotOpen:
      return new AppError(
        'transient',
        'store_unreachable',
        `${path} cannot be read or written (${message}): check the disk and the permissions of the folder`,
        options,
      );
    case RESULT.corrupt:
    case RESULT.notADatabase:
      return new AppError(
        'conflict',
        'data_damaged',
        `${path} is damaged (${message}): restore a backup, or move the data folder away to start without data`,
        options,
      );
    default:
      return new AppError(
        'bug',
        'store_refused',
        `SQLite rejected the statement: ${message}`,
        options,
      );
  }
}

/** Returns the primary result code, which the lower byte of an extended code holds. */
function readResultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
