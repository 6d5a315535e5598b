import type { Jwt } from '../port/jwt.ts';
import type { PasswordHasher } from '../port/password-hasher.ts';
import type { Clock } from '../port/runtime.ts';
import type { Table } from '../port/table.ts';

/** Ports that authentication and authorization use. */
export type AccessDeps = {
  readonly table: Table;
  readonly clock: Clock;
  readonly jwt: Jwt;
  readonly passwords: PasswordHasher;
  /** Returns unpredictable bytes. */
  readonly randomBytes: (size: number) => Uint8Array;
};
