import { randomBytes } from 'node:crypto';
import { createJoseJwt } from '../../../adapters/jwt/create-jose-jwt.ts';
import { createScryptHasher } from '../../../adapters/password/create-scrypt-hasher.ts';
import type { AccessDeps } from '../../../core/access/access-deps.ts';
import type { UserActor } from '../../../core/access/actor.ts';
import { createUser } from '../../../core/access/change-user.ts';
import { openSession, verifyAccessToken } from '../../../core/access/session.ts';
import type { Role } from '../../../core/contract/access.ts';
import type { Table } from '../../../core/port/table.ts';
import type { MemoryTable } from '../store/memory-table.ts';
import { createMemoryTable } from '../store/memory-table.ts';

export const AUTH_SECRET = 'a secret for tests that is long enough';

/** Dependencies of the access rules under test, with a clock that the test advances. */
export type TestAccess<T extends Table> = {
  readonly deps: AccessDeps & { readonly table: T };
  /** Advances the clock by milliseconds. */
  readonly advanceClock: (ms: number) => void;
};

/** Creates real dependencies over a table in memory, with a stopped clock and cheap password hashes. */
export function createTestAccess(): TestAccess<MemoryTable>;
export function createTestAccess<T extends Table>(table: T): TestAccess<T>;
export function createTestAccess(table: Table = createMemoryTable()): TestAccess<Table> {
  let now = Date.UTC(2030, 0, 1, 12, 1);
  const deps = {
    table,
    clock: { now: () => now },
    jwt: createJoseJwt({ secrets: [AUTH_SECRET], issuer: 'smol-gang' }),
    passwords: createScryptHasher({ logN: 4, r: 1, p: 1 }),
    randomBytes,
  };
  return {
    deps,
    advanceClock: (ms) => {
      now += ms;
    },
  };
}

/** Password of the users that createTestUser creates. */
export const TEST_PASSWORD = 'correct horse battery';

/** Creates a user with a session. */
export async function createTestUser(
  deps: AccessDeps,
  email: string,
  role: Role,
): Promise<{ readonly actor: UserActor; readonly accessToken: string }> {
  const user = await createUser(deps, { email, password: TEST_PASSWORD, role });
  const { accessToken } = await openSession(deps, user);
  const actor = await verifyAccessToken(deps, accessToken);
  if (actor === undefined) throw new Error(`the new session of ${email} is not valid`);
  return { actor, accessToken };
}

/** Push that records the connections that it closed; the connections of `unreachable` cannot be closed. */
export function createRecordingPush(unreachable: readonly string[] = []) {
  const closed: string[] = [];
  return {
    closed,
    push: {
      close: async (connection: string) => {
        if (unreachable.includes(connection)) throw new Error('the gateway does not respond');
        closed.push(connection);
      },
    },
  };
}
