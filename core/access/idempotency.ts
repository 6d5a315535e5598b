import { AppError } from '../base/app-error.ts';
import { deriveId, hashSha256, ID_ALPHABET } from './secret.ts';

// A create that is sent twice with one `Idempotency-Key` must create once. Its new id follows from who sent it, where to
// and the key, so the put-if-absent of the thing itself is what makes it single; no record of keys is kept. The item
// keeps a hash of the body, and the same key with another body is told so instead of being answered with a stranger.

/** A new thing's id, without its prefix letter. */
export function deriveIdempotentId(
  user: string,
  route: string,
  key: string,
  alphabet: string = ID_ALPHABET,
  length = 10,
): string {
  return deriveId(JSON.stringify(['idempotent', user, route, key]), alphabet, length);
}

/** Of a parsed body: defaults filled in, the order of its keys of no account. */
export function hashBody(body: unknown): string {
  return hashSha256(JSON.stringify(sortKeys(body)) ?? '');
}

/** `stored` is the hash kept on the item that the put found already there. */
export function requireSameBody(stored: unknown, hash: string): void {
  if (stored === hash) return;
  throw new AppError(
    'invalid',
    'idempotency_key_reused',
    'this Idempotency-Key was used before with another body; take a new key for a new request',
  );
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, entry]) => [name, sortKeys(entry)]));
}
