import type { AppError } from '../../core/error.ts';

/** Stands for what is not there: every call of it is refused with this error. */
export function refusing<T extends object>(refuse: () => AppError): T {
  return new Proxy({} as T, { get: () => () => Promise.reject(refuse()) });
}
