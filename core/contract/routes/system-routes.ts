import { z } from 'zod';
import { repositoryIdSchema } from '../id.ts';
import { linkRepositorySchema, repositorySchema } from '../repository.ts';
import type { Route } from './route.ts';
import { createListSchema, pageQueryFields } from './route.ts';

export const doctorCheckSchema = z.object({
  name: z.string(),
  state: z.enum(['ok', 'warning', 'failed', 'skipped']),
  message: z.string(),
  /** Next step for the user. */
  advice: z.string().optional(),
});

/** Routes for the installation itself and for its linked repositories. */
export const SYSTEM_ROUTES = {
  openapi: {
    method: 'GET',
    path: '/v1/openapi.json',
    access: 'public',
    summary: 'Get this interface as an OpenAPI document',
    status: 200,
    answer: z.record(z.string(), z.unknown()),
  },
  health: {
    method: 'GET',
    path: '/v1/health',
    access: 'public',
    summary: 'Check that the API responds',
    status: 200,
    answer: z.object({ status: z.literal('ok'), version: z.string() }),
  },
  linkRepository: {
    method: 'POST',
    path: '/v1/repositories',
    access: 'operator',
    summary: 'Link a repository',
    body: linkRepositorySchema,
    status: 201,
    answer: repositorySchema,
  },
  listRepositories: {
    method: 'GET',
    path: '/v1/repositories',
    access: 'viewer',
    summary: 'List linked repositories',
    query: z.object(pageQueryFields),
    status: 200,
    answer: createListSchema(repositorySchema),
  },
  unlinkRepository: {
    method: 'DELETE',
    path: '/v1/repositories/{repository}',
    access: 'admin',
    summary: 'Unlink a repository; the repository itself stays unchanged',
    params: z.object({ repository: repositoryIdSchema }),
    status: 204,
  },
  systemStatus: {
    method: 'GET',
    path: '/v1/system',
    access: 'viewer',
    summary: 'Get slots, pauses and disk usage',
    status: 200,
    answer: z.object({
      version: z.string(),
      slots: z.object({ used: z.number(), limit: z.number() }),
      pauses: z.array(z.object({ what: z.string(), until: z.number(), reason: z.string() })),
      disk: z.object({ dataBytes: z.number(), freeBytes: z.number() }).optional(),
      isolation: z.string(),
    }),
  },
  doctor: {
    method: 'POST',
    path: '/v1/doctor',
    access: 'operator',
    summary: 'Test the model, forge, store, queue and launcher, and advise on failures',
    status: 200,
    answer: z.object({ checks: z.array(doctorCheckSchema) }),
  },
  collectGarbage: {
    method: 'POST',
    path: '/v1/gc',
    access: 'admin',
    summary: 'Remove data that is past its retention',
    body: z.object({ dryRun: z.boolean().default(false) }).strict(),
    status: 200,
    answer: z.object({
      removed: z.array(z.object({ what: z.string(), count: z.number(), bytes: z.number() })),
    }),
  },
} as const satisfies Record<string, Route>;
