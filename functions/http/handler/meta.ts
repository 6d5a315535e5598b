import type { API } from '../../../core/contract/api.ts';
import type { Handlers } from '../handlers.ts';
import { openApiDocument } from '../openapi.ts';

export type MetaDeps = { readonly version: string };

export const metaHandlers = {
  openapi: async ({ deps }) => openApiDocument(deps.version),
  health: async ({ deps }) => ({ status: 'ok', version: deps.version }),
} satisfies Partial<Handlers<typeof API, MetaDeps>>;
