import { AppError } from '../base/app-error.ts';
import { deriveId, hashSha256, ID_ALPHABET } from './secret.ts';

// A repeated request with the same `Idempotency-Key` must create only one item. The id of the new item is derived from the user,
// the route and the key, so that a conditional put prevents a second item without a list of used keys. The item stores a
// hash of the body, to reject the same key with a different body.

/** Derives the id of a new item, without the letter that the caller puts before the id, such as `p` for a plan. */
export function deriveIdempotentId(
  user: string,
  route: string,
  key: string,
  alphabet: string = ID_ALPHABET,
  length = 10,
): string {
  return deriveId(JSON.stringify(['idempotent', user, route, key]), alphabet, length);
}

/** Hashes a parsed body, independent of the order of its keys. */
export function hashBody(body: unknown): string {
  return hashSha256(JSON.stringify(sortKeys(body)) ?? '');
}

/**
 * Compares the stored hash of the first body with the hash of this body; throws AppError `idempotency_key_reused` if they differ.
 */
export function requireSameBody(storedHash: unknown, hash: string): void {
  if (storedHash === hash) return;
  throw new AppError(
    'invalid',
    'idempotency_key_reused',
    'this Idempotency-Key was used before with another body; send a new request with a new key',
  );
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, entry]) => [name, sortKeys(entry)]));
}
