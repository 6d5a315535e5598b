import type { AppError } from '../../core/base/app-error.ts';

/** Stands for what is not there: every call of it is refused with this error. */
export function createRefusingProxy<T extends object>(refuse: () => AppError): T {
  return new Proxy({} as T, { get: () => () => Promise.reject(refuse()) });
}
