import type { Session } from '../../core/contract/access.ts';
import { sessionSchema } from '../../core/contract/access.ts';
import { API } from '../../core/contract/api.ts';
import type { ClientOptions } from './client.ts';

export type Credential =
  | { readonly kind: 'token'; readonly token: string; readonly source: string }
  | { readonly kind: 'session'; readonly session: Session; readonly source: string };

/** A session this close to its end is renewed before it is used. */
const RENEWAL_MARGIN_MS = 30_000;

export type Signer = {
  /** The header for the next request; undefined: nobody is signed in. */
  getAuthorization(): Promise<string | undefined>;
  /** The API said 401: renews, or goes on to the next credential. False: there is nothing left to try. */
  handleRefusal(): Promise<boolean>;
};

export function createSigner(options: ClientOptions, now: () => number): Signer {
  const candidates = [...(options.credentials ?? [])];
  const renewed = new Set<string>();

  /** Another process may have renewed it first: a refresh token may be good only once. */
  async function renew(old: Session): Promise<Session | undefined> {
    const kept = await options.loadSession?.();
    if (kept !== undefined && kept.accessToken !== old.accessToken && isSessionFresh(kept, now())) {
      return kept;
    }
    const session = await requestSessionRefresh(options.url, old.refreshToken);
    if (session !== undefined) await options.saveSession?.(session);
    return session;
  }

  async function renewFirst(): Promise<boolean> {
    const current = candidates[0];
    if (current?.kind !== 'session' || renewed.has(current.session.accessToken)) return false;
    const session = await renew(current.session);
    if (session === undefined) return false;
    renewed.add(session.accessToken);
    candidates[0] = { ...current, session };
    return true;
  }

  return {
    async getAuthorization() {
      const current = candidates[0];
      if (current === undefined) return undefined;
      if (current.kind === 'token') return `Bearer ${current.token}`;
      if (!isSessionFresh(current.session, now())) await renewFirst();
      const after = candidates[0];
      return after?.kind === 'session' ? `Bearer ${after.session.accessToken}` : undefined;
    },
    async handleRefusal() {
      if (await renewFirst()) return true;
      const dropped = candidates.shift();
      const next = candidates[0];
      if (next === undefined || dropped === undefined) return false;
      if (dropped.kind === 'session') {
        options.onNote?.(`${dropped.source} is no longer accepted; using ${next.source}`);
      }
      return true;
    },
  };
}

function isSessionFresh(session: Session, now: number): boolean {
  return session.expiresAt - RENEWAL_MARGIN_MS > now;
}

/** Undefined: refused, or nobody answered; the call that follows says which. */
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
