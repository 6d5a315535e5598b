import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { API_TOKEN_PREFIX, verifyApiToken } from './api-token.ts';
import { verifyAccessToken } from './session.ts';

/** Returns the holder of a bearer token, which is an access token or an API token; undefined if the token is not valid. */
export async function authenticateUser(
  deps: Pick<AccessDeps, 'table' | 'clock' | 'jwt'>,
  bearer: string,
): Promise<UserActor | undefined> {
  if (bearer.startsWith(API_TOKEN_PREFIX)) return verifyApiToken(deps, bearer);
  return verifyAccessToken(deps, bearer);
}
