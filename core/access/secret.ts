import { createHash, timingSafeEqual } from 'node:crypto';

// Secrets that we hand out have 256 random bits, so a plain SHA-256 of them is safe to store.

const SECRET_BYTES = 32;

/** Lower case, without letters that look like others; the alphabet of our ids. */
export const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export function createSecret(randomBytes: (size: number) => Uint8Array): string {
  return Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
}

/** 64 hexadecimal digits. */
export function hashSha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** `length` letters of `alphabet` that follow from the text alone. At most 256 bits are in them. */
export function deriveId(text: string, alphabet: string, length: number): string {
  const base = BigInt(alphabet.length);
  let rest = BigInt(`0x${hashSha256(text)}`);
  let id = '';
  while (id.length < length) {
    id += alphabet[Number(rest % base)] ?? '';
    rest /= base;
  }
  return id;
}

/** In a time that does not tell where two hashes differ. */
export function isSameHash(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
