import { createHash, timingSafeEqual } from 'node:crypto';

// Generated secrets have 256 random bits, so that storing their plain SHA-256 is safe.

const SECRET_BYTES = 32;

/** Alphabet of ids: lower-case letters and digits without the ambiguous letters i, l, o and u. */
export const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Creates a secret of 43 base64url characters. */
export function createSecret(randomBytes: (size: number) => Uint8Array): string {
  return Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
}

/** Returns the SHA-256 of a text as 64 hexadecimal digits. */
export function hashSha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Derives an id of `length` characters from a text; the id has at most 256 bits of entropy. */
export function deriveId(text: string, alphabet: string, length: number): string {
  const base = BigInt(alphabet.length);
  let remainder = BigInt(`0x${hashSha256(text)}`);
  let id = '';
  while (id.length < length) {
    id += alphabet[Number(remainder % base)] ?? '';
    remainder /= base;
  }
  return id;
}

/** Compares two hashes in constant time. */
export function isSameHash(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
