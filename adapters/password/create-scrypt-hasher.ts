import type { ScryptOptions } from 'node:crypto';
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { PasswordHasher } from '../../core/port/password-hasher.ts';

/** Cost parameters of scrypt. */
export type ScryptCost = {
  /** Base-2 logarithm of the work factor N. */
  readonly logN: number;
  /** Block size. */
  readonly r: number;
  /** Parallelism. */
  readonly p: number;
};

const DEFAULT_COST: ScryptCost = { logN: 15, r: 8, p: 3 };
const KEY_BYTES = 32;
const STORED_HASH = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,64})\$([\w-]{43})$/;

/**
 * Creates a PasswordHasher. A stored hash (`scrypt$logN$r$p$salt$key`) contains its cost, so old hashes stay valid when the cost
 * changes.
 */
export function createScryptHasher(cost: ScryptCost = DEFAULT_COST): PasswordHasher {
  return {
    hash: (password) => hashPassword(password, cost),
    verify: (password, stored) => verifyPassword(password, stored, cost),
  };
}

async function hashPassword(password: string, cost: ScryptCost): Promise<string> {
  const salt = randomBytes(16).toString('base64url');
  const key = await deriveKey(password, salt, cost);
  return ['scrypt', cost.logN, cost.r, cost.p, salt, key.toString('base64url')].join('$');
}

async function verifyPassword(
  password: string,
  stored: string | undefined,
  cost: ScryptCost,
): Promise<boolean> {
  if (stored === undefined) {
    // The work takes as long as a real check, so that the response time does not reveal whether the user exists.
    await deriveKey(password, 'no stored salt', cost);
    return false;
  }
  const match = STORED_HASH.exec(stored);
  if (match === null)
    throw new Error('a stored password hash is not readable; set the password again');
  const [, logN, r, p, salt = '', expectedKey = ''] = match;
  const key = await deriveKey(password, salt, { logN: Number(logN), r: Number(r), p: Number(p) });
  return timingSafeEqual(key, Buffer.from(expectedKey, 'base64url'));
}

function deriveKey(password: string, salt: string, cost: ScryptCost): Promise<Buffer> {
  const N = 2 ** cost.logN;
  const options: ScryptOptions = { N, r: cost.r, p: cost.p, maxmem: 256 * N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
