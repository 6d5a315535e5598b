import { createHash } from 'node:crypto';
import type { JWTVerifyGetKey } from 'jose';
import { jwtVerify, SignJWT } from 'jose';
import type { Audience, Claims, Jwt } from '../../core/port/jwt.ts';

const ALGORITHM = 'HS256';
const MIN_SECRET_BYTES = 32;
const STANDARD_CLAIMS = new Set(['iss', 'aud', 'sub', 'exp', 'iat', 'nbf', 'jti']);

type SigningKey = { readonly kid: string; readonly secret: Uint8Array };

/**
 * Creates a Jwt that signs tokens with the first secret and accepts tokens that were signed with any of the secrets. To rotate, an
 * operator puts a new secret first and removes the old secret after its tokens have expired.
 */
export function createJoseJwt(options: {
  readonly secrets: readonly string[];
  readonly issuer: string;
}): Jwt {
  const keys = options.secrets.map(createSigningKey);
  const [first] = keys;
  if (first === undefined)
    throw new Error(
      `no token signing secret is configured; set AUTH_SECRETS to a secret of at least ${MIN_SECRET_BYTES} bytes`,
    );
  return {
    sign: (claims, now) => signClaims(first, options.issuer, claims, now),
    verify: (token, audience, now) => verifyToken(keys, options.issuer, token, audience, now),
  };
}

async function signClaims(
  key: SigningKey,
  issuer: string,
  claims: Claims,
  now: number,
): Promise<string> {
  return new SignJWT({ ...claims.extra })
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(claims.audience)
    .setSubject(claims.subject)
    .setIssuedAt(Math.floor(now / 1_000))
    .setExpirationTime(Math.floor(claims.expiresAt / 1_000))
    .sign(key.secret);
}

async function verifyToken(
  keys: readonly SigningKey[],
  issuer: string,
  token: string,
  audience: Audience,
  now: number,
): Promise<Claims | undefined> {
  const options = {
    issuer,
    audience,
    algorithms: [ALGORITHM],
    requiredClaims: ['sub', 'exp'],
    currentDate: new Date(now),
  };
  const getKey: JWTVerifyGetKey<Uint8Array> = (header) => requireSecret(keys, header.kid);
  try {
    const { payload } = await jwtVerify(token, getKey, options);
    const { sub = '', exp = 0 } = payload;
    return { subject: sub, audience, expiresAt: exp * 1_000, extra: readExtraClaims(payload) };
  } catch {
    // jose throws a different error for each defect; the caller only needs to know that the token is not valid.
    return undefined;
  }
}

function requireSecret(keys: readonly SigningKey[], kid: string | undefined): Uint8Array {
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key === undefined) throw new Error('the token names an unknown key');
  return key.secret;
}

function readExtraClaims(payload: Readonly<Record<string, unknown>>): Record<string, string> {
  const extra: Record<string, string> = {};
  for (const [name, value] of Object.entries(payload)) {
    if (!STANDARD_CLAIMS.has(name) && typeof value === 'string') extra[name] = value;
  }
  return extra;
}

function createSigningKey(secret: string): SigningKey {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < MIN_SECRET_BYTES)
    throw new Error(
      `a token signing secret in AUTH_SECRETS has ${bytes.length} bytes, but needs at least ${MIN_SECRET_BYTES} bytes`,
    );
  // Derives the key id from the secret, so that an operator who rotates secrets need not choose key ids.
  const kid = createHash('sha256').update('kid').update(bytes).digest('hex').slice(0, 8);
  return { kid, secret: bytes };
}
