import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

// The emulators check no signatures. Instead, the access key id is a secret that is new on each start.

/** An AWS access key. */
export type Credential = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** Creates a random credential. */
export function createCredential(): Credential {
  return {
    accessKeyId: `LOCAL${randomBytes(20).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(32).toString('hex'),
  };
}

/** Checks the access key id of a header `AWS4-HMAC-SHA256 Credential=<id>/<date>/...`. */
export function isAuthorized(authorization: string | undefined, credential: Credential): boolean {
  const accessKeyId = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization ?? '')?.[1];
  if (accessKeyId === undefined) return false;
  return timingSafeEqual(computeDigest(accessKeyId), computeDigest(credential.accessKeyId));
}

function computeDigest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
