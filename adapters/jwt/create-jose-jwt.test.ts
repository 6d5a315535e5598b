import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createJoseJwt } from './create-jose-jwt.ts';

const OLD_SECRET = 'the old secret, thirty-two bytes or more';
const NEW_SECRET = 'the new secret, thirty-two bytes or more';
const NOW_MS = 1_900_000_000_000;
const claims = {
  subject: 'ann',
  audience: 'session',
  expiresAt: NOW_MS + 60_000,
  extra: { role: 'admin' },
} as const;
const jwt = createJoseJwt({ secrets: [OLD_SECRET], issuer: 'us' });

test('a signed token is valid only for its audience and until it expires', async () => {
  const token = await jwt.sign(claims, NOW_MS);
  expect(await jwt.verify(token, 'session', NOW_MS + 59_000)).toEqual(claims);
  expect(await jwt.verify(token, 'session', NOW_MS + 60_000)).toBeUndefined();
  expect(await jwt.verify(token, 'attempt', NOW_MS)).toBeUndefined();
});

describe('rotation', () => {
  test('a new secret signs tokens while tokens of the old secret stay valid', async () => {
    const rotated = createJoseJwt({ secrets: [NEW_SECRET, OLD_SECRET], issuer: 'us' });
    const newOnly = createJoseJwt({ secrets: [NEW_SECRET], issuer: 'us' });
    const oldToken = await jwt.sign(claims, NOW_MS);
    const newToken = await rotated.sign(claims, NOW_MS);
    expect(await rotated.verify(oldToken, 'session', NOW_MS)).toEqual(claims);
    expect(await newOnly.verify(newToken, 'session', NOW_MS)).toEqual(claims);
    expect(await newOnly.verify(oldToken, 'session', NOW_MS)).toBeUndefined();
  });
});

describe('forgery', () => {
  test('rejects a token of another issuer, without a signature, without an expiry or with changed text', async () => {
    const other = createJoseJwt({ secrets: [OLD_SECRET], issuer: 'them' });
    const unsigned = new UnsecuredJWT({ role: 'admin' })
      .setSubject('ann')
      .setIssuer('us')
      .setAudience('session')
      .setExpirationTime(NOW_MS / 1_000 + 60)
      .encode();
    const token = await jwt.sign(claims, NOW_MS);
    const [header = ''] = token.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    const withoutExpiry = await new SignJWT({ role: 'admin' })
      .setProtectedHeader({ alg: 'HS256', kid })
      .setSubject('ann')
      .setIssuer('us')
      .setAudience('session')
      .sign(new TextEncoder().encode(OLD_SECRET));
    const invalidTokens = [
      await other.sign(claims, NOW_MS),
      unsigned,
      withoutExpiry,
      `${token}x`,
      '',
      'a.b.c',
    ];
    for (const invalidToken of invalidTokens)
      expect(await jwt.verify(invalidToken, 'session', NOW_MS)).toBeUndefined();
  });

  test('rejects a configuration without a secret or with a short secret', () => {
    expect(() => createJoseJwt({ secrets: ['short'], issuer: 'us' })).toThrow('at least 32 bytes');
    expect(() => createJoseJwt({ secrets: [], issuer: 'us' })).toThrow('secret');
  });
});
