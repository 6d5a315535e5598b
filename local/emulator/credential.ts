import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

// The emulators check no signature: the access key id of the run is itself the secret that every caller must show.

export type Credential = { readonly accessKeyId: string; readonly secretAccessKey: string };

export function createCredential(): Credential {
  return {
    accessKeyId: `LOCAL${randomBytes(20).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(32).toString('hex'),
  };
}

/** `authorization`: an `AWS4-HMAC-SHA256 Credential=<id>/<date>/...` header. */
export function isAuthorized(authorization: string | undefined, credential: Credential): boolean {
  const shown = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization ?? '')?.[1];
  if (shown === undefined) return false;
  return timingSafeEqual(computeDigest(shown), computeDigest(credential.accessKeyId));
}

function computeDigest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
