import type { Session } from '../../core/contract/access.ts';
import { sessionSchema } from '../../core/contract/access.ts';
import { API } from '../../core/contract/api.ts';

/** A credential for requests; `source` says in messages where the credential comes from. */
export type Credential =
  | { readonly kind: 'token'; readonly token: string; readonly source: string }
  | { readonly kind: 'session'; readonly session: Session; readonly source: string };

/** Remaining lifetime below which a session is renewed before the next request. */
const RENEWAL_MARGIN_MS = 30_000;

/** Options of a signer. */
export type SignerOptions = {
  /** URL of the platform, without a slash at the end. */
  readonly url: string;
  /** Credentials in order of preference. Each credential is used until the API refuses it. */
  readonly credentials?: readonly Credential[];
  /** Stores a renewed session. */
  readonly saveSession?: (session: Session) => Promise<void>;
  /** Loads the stored session, which another process may have renewed. */
  readonly loadSession?: () => Promise<Session | undefined>;
  /** Receives a note for the user, such as a change of the credential. */
  readonly onNote?: (text: string) => void;
};

/** Chooses the credential of each request, and renews or replaces a credential that the API refuses. */
export type Signer = {
  /** Returns the authorization header of the next request; undefined without a credential. */
  getAuthorization(): Promise<string | undefined>;
  /** Handles a 401: renews the session or moves on to the next credential. Returns false if no credential is left. */
  handleRefusal(): Promise<boolean>;
};

/** Creates a signer that starts with the first credential. */
export function createSigner(options: SignerOptions, now: () => number): Signer {
  const remainingCredentials = [...(options.credentials ?? [])];
  let renewedAccessToken: string | undefined;

  /** Renews a session. Prefers the stored session if another process has renewed it: a refresh token may be valid only once. */
  async function renewSession(old: Session): Promise<Session | undefined> {
    const stored = await options.loadSession?.();
    if (
      stored !== undefined &&
      stored.accessToken !== old.accessToken &&
      isSessionFresh(stored, now())
    ) {
      return stored;
    }
    const session = await requestSessionRefresh(options.url, old.refreshToken);
    if (session !== undefined) await options.saveSession?.(session);
    return session;
  }

  async function renewCurrentSession(): Promise<boolean> {
    const current = remainingCredentials[0];
    if (current?.kind !== 'session') return false;
    const session = await renewSession(current.session);
    if (session === undefined) return false;
    renewedAccessToken = session.accessToken;
    remainingCredentials[0] = { ...current, session };
    return true;
  }

  /** Returns true for a valid session that this signer has renewed: if the API refuses such a session, another renewal is useless. */
  function isCurrentSessionNew(): boolean {
    const current = remainingCredentials[0];
    if (current?.kind !== 'session') return false;
    const { accessToken, expiresAt } = current.session;
    return accessToken === renewedAccessToken && expiresAt > now();
  }

  return {
    async getAuthorization() {
      const current = remainingCredentials[0];
      if (current === undefined) return undefined;
      if (current.kind === 'token') return `Bearer ${current.token}`;
      if (!isSessionFresh(current.session, now())) await renewCurrentSession();
      const renewed = remainingCredentials[0];
      return renewed?.kind === 'session' ? `Bearer ${renewed.session.accessToken}` : undefined;
    },
    async handleRefusal() {
      if (!isCurrentSessionNew() && (await renewCurrentSession())) return true;
      const refused = remainingCredentials.shift();
      const nextCredential = remainingCredentials[0];
      if (nextCredential === undefined || refused === undefined) return false;
      if (refused.kind === 'session') {
        options.onNote?.(
          `${refused.source} is no longer accepted; using ${nextCredential.source} instead`,
        );
      }
      return true;
    },
  };
}

function isSessionFresh(session: Session, now: number): boolean {
  return session.expiresAt - RENEWAL_MARGIN_MS > now;
}

/** Returns the new session; undefined if the API refuses or does not answer. The next call then reports the cause. */
async function requestSessionRefresh(
  url: string,
  refreshToken: string,
): Promise<Session | undefined> {
  const response = await fetch(`${url}${API.refresh.path}`, {
    method: API.refresh.method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refreshToken }),
    redirect: 'error',
    signal: AbortSignal.timeout(15_000),
  }).catch(() => undefined);
  if (response === undefined || !response.ok) return undefined;
  const parsed = sessionSchema.safeParse(await response.json().catch(() => undefined));
  return parsed.success ? parsed.data : undefined;
}
