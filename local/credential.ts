import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

// The emulators do not verify AWS signatures. The access key id is a random secret instead, which each start creates anew.

/** An AWS access key. */
export type Credential = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** Creates a random credential. */
export function createCredential(): Credential {
  return {
    accessKeyId: `LOCAL${randomBytes(20).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(32).toString('hex'),
  };
}

/** Returns whether an `Authorization` header (`AWS4-HMAC-SHA256 Credential=<id>/<date>/...`) has the id of `credential`. */
export function isAuthorized(authorization: string | undefined, credential: Credential): boolean {
  const accessKeyId = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization ?? '')?.[1];
  if (accessKeyId === undefined) return false;
  return timingSafeEqual(computeDigest(accessKeyId), computeDigest(credential.accessKeyId));
}

function computeDigest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
