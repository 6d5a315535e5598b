import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './database.ts';
import type { AccountRow, TokenRow } from './row-schema.ts';
import { accountRow, tokenRow } from './row-schema.ts';

// The database stores only hashes of tokens.

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Returns the limits of a token; undefined: unknown token, or expired at `now` (epoch milliseconds). */
export function findToken(database: Database, token: string, now: number): TokenRow | undefined {
  return database.find(
    tokenRow,
    'select * from token where hash = :hash and (expires_at is null or expires_at > :now)',
    { hash: hashToken(token), now },
  );
}

/** Stores the hash and the limits of a token, and returns the token, which cannot be read from the database later. */
export function addToken(
  database: Database,
  grant: {
    readonly login: string;
    /** Prefix of a generated token, such as `ghp`. */
    readonly prefix: string;
    /** Absent: a token is generated. */
    readonly token?: string;
    readonly repositories?: readonly number[];
    readonly branch?: string;
    readonly permissions?: Readonly<Record<string, string>>;
    /** Epoch milliseconds; absent: the token does not expire. */
    readonly expiresAt?: number;
  },
): string {
  const token = grant.token ?? `${grant.prefix}_${randomBytes(20).toString('hex')}`;
  database.run(
    `insert into token (hash, login, repositories, branch, permissions, expires_at)
      values (:hash, :login, :repositories, :branch, :permissions, :expires_at)
      on conflict (hash) do update set login = excluded.login`,
    {
      hash: hashToken(token),
      login: grant.login,
      repositories: grant.repositories === undefined ? null : JSON.stringify(grant.repositories),
      branch: grant.branch ?? null,
      permissions: grant.permissions === undefined ? null : JSON.stringify(grant.permissions),
      expires_at: grant.expiresAt ?? null,
    },
  );
  return token;
}

export function removeExpiredTokens(database: Database, now: number): void {
  database.run('delete from token where expires_at <= :now', { now });
}

export function putAccount(database: Database, account: AccountRow): void {
  database.run(
    `insert into account (login, type, permission) values (:login, :type, :permission)
      on conflict (login) do update set type = excluded.type, permission = excluded.permission`,
    account,
  );
}

export function findAccount(database: Database, login: string): AccountRow | undefined {
  return database.find(accountRow, 'select * from account where login = :login', { login });
}
