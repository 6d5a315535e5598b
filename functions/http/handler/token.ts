import type { AccessDeps } from '../../../core/access/access-deps.ts';
import { createApiToken, listApiTokens, revokeApiToken } from '../../../core/access/api-token.ts';
import type { API } from '../../../core/contract/api.ts';
import type { Handlers } from '../handlers.ts';

export const tokenHandlers = {
  createToken: async ({ actor, body, deps }) => createApiToken(deps, actor, body),
  listTokens: async ({ actor, deps }) => ({ items: await listApiTokens(deps, actor) }),
  deleteToken: async ({ actor, deps, params }) => {
    await revokeApiToken(deps, actor, params.token);
    return undefined;
  },
} satisfies Partial<Handlers<typeof API, AccessDeps>>;
