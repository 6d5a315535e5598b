import type { API } from '../../../core/contract/api.ts';
import { createOpenApiDocument } from '../create-openapi-document.ts';
import type { Handlers } from '../handlers.ts';

/** Dependencies of the health route and the OpenAPI route. */
export type MetaDeps = { readonly version: string };

export const metaHandlers = {
  openapi: async ({ deps }) => createOpenApiDocument(deps.version),
  health: async ({ deps }) => ({ status: 'ok', version: deps.version }),
} satisfies Partial<Handlers<typeof API, MetaDeps>>;
