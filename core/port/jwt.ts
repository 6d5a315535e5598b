// Signed tokens, which a handler verifies without reading the store.

/** Intended use of a token; a token for another audience is not accepted. */
export type Audience = 'session' | 'attempt';

/** Contents of a token. */
export type Claims = {
  readonly subject: string;
  readonly audience: Audience;
  /** Epoch milliseconds; a token stores whole seconds, so fractions of a second are lost. */
  readonly expiresAt: number;
  readonly extra?: Readonly<Record<string, string>>;
};

/** Signs and verifies tokens. */
export interface Jwt {
  /** Signs the claims; `now` in epoch milliseconds. */
  sign(claims: Claims, now: number): Promise<string>;
  /**
   * Returns the claims of a token; undefined if the signature is wrong, the audience differs, or the token has expired at
   * `now`. Never throws, even for a malformed token.
   */
  verify(token: string, audience: Audience, now: number): Promise<Claims | undefined>;
}
