// Signed claims that are believed without a read of the store.

/** Whom a token is meant for; one made for another audience is not accepted. */
export type Audience = 'session' | 'attempt';

export type Claims = {
  readonly subject: string;
  readonly audience: Audience;
  /** Epoch milliseconds; kept in whole seconds. */
  readonly expiresAt: number;
  readonly extra?: Readonly<Record<string, string>>;
};

export interface Jwt {
  sign(claims: Claims, now: number): Promise<string>;
  /** Undefined: not signed by us, for another audience, or over at `now`. Never throws because of the token. */
  verify(token: string, audience: Audience, now: number): Promise<Claims | undefined>;
}
