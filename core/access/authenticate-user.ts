import type { AccessDeps } from './access-deps.ts';
import type { UserActor, UserCredential } from './actor.ts';
import { API_TOKEN_PREFIX, findTokenHolder, verifyApiToken } from './api-token.ts';
import { findSessionHolder, verifyAccessToken } from './session.ts';

/** Returns the holder of a bearer token, which is an access token or an API token; undefined if the token is not valid. */
export async function authenticateUser(
  deps: Pick<AccessDeps, 'table' | 'clock' | 'jwt'>,
  bearer: string,
): Promise<UserActor | undefined> {
  if (bearer.startsWith(API_TOKEN_PREFIX)) return verifyApiToken(deps, bearer);
  return verifyAccessToken(deps, bearer);
}

/** Returns the user of a credential that was verified earlier; undefined if the credential or the account has ended since. */
export async function findCredentialHolder(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  { account, email, via, credential }: UserCredential,
): Promise<UserActor | undefined> {
  const holder =
    via === 'token'
      ? await findTokenHolder(deps, credential)
      : await findSessionHolder(deps, { account, email, id: credential });
  return holder?.account === account ? holder : undefined;
}
