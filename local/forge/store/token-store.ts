import { createHash, randomBytes } from 'node:crypto';
import type { AccountRow, TokenRow } from './row-schema.ts';
import { accountRow, tokenRow } from './row-schema.ts';
import type { Rows } from './rows.ts';

// The database holds hashes of tokens, never a token.

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Returns the grant of a token that has not expired at `now`, in epoch milliseconds. */
export function findToken(rows: Rows, token: string, now: number): TokenRow | undefined {
  return rows.find(
    tokenRow,
    'select * from token where hash = :hash and (expires_at is null or expires_at > :now)',
    { hash: hashToken(token), now },
  );
}

/** Stores a grant and returns its token, which cannot be read again. */
export function addToken(
  rows: Rows,
  grant: {
    readonly login: string;
    /** Prefix of a generated token, as in `ghp`. */
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
  rows.run(
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

export function removeExpiredTokens(rows: Rows, now: number): void {
  rows.run('delete from token where expires_at <= :now', { now });
}

export function putAccount(rows: Rows, account: AccountRow): void {
  rows.run(
    `insert into account (login, type, permission) values (:login, :type, :permission)
      on conflict (login) do update set type = excluded.type, permission = excluded.permission`,
    account,
  );
}

export function findAccount(rows: Rows, login: string): AccountRow | undefined {
  return rows.find(accountRow, 'select * from account where login = :login', { login });
}
