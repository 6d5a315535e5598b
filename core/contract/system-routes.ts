import { z } from 'zod';
import { repositoryIdSchema } from './id.ts';
import { createListSchema, pageQueryFields } from './list.ts';
import { linkRepositorySchema, repositorySchema } from './repository.ts';
import type { Route } from './route.ts';

export const doctorCheckSchema = z.object({
  name: z.string(),
  state: z.enum(['ok', 'warning', 'failed', 'skipped']),
  message: z.string(),
  /** What to do about it. */
  advice: z.string().optional(),
});

/** The installation itself, and the repositories that it knows. */
export const SYSTEM_ROUTES = {
  openapi: {
    method: 'GET',
    path: '/v1/openapi.json',
    access: 'public',
    summary: 'This interface, as an OpenAPI document',
    status: 200,
    answer: z.record(z.string(), z.unknown()),
  },
  health: {
    method: 'GET',
    path: '/v1/health',
    access: 'public',
    summary: 'Whether the API answers',
    status: 200,
    answer: z.object({ status: z.literal('ok'), version: z.string() }),
  },
  linkRepository: {
    method: 'POST',
    path: '/v1/repositories',
    access: 'operator',
    summary: 'Make a repository known',
    body: linkRepositorySchema,
    status: 201,
    answer: repositorySchema,
  },
  listRepositories: {
    method: 'GET',
    path: '/v1/repositories',
    access: 'viewer',
    summary: 'Known repositories',
    query: z.object(pageQueryFields),
    status: 200,
    answer: createListSchema(repositorySchema),
  },
  unlinkRepository: {
    method: 'DELETE',
    path: '/v1/repositories/{repository}',
    access: 'admin',
    summary: 'Forget a repository; nothing in it is touched',
    params: z.object({ repository: repositoryIdSchema }),
    status: 204,
  },
  systemStatus: {
    method: 'GET',
    path: '/v1/system',
    access: 'viewer',
    summary: 'Slots, pauses, disk',
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
    summary: 'Test model, forge, store, queue and launcher, and say what to do',
    status: 200,
    answer: z.object({ checks: z.array(doctorCheckSchema) }),
  },
  collectGarbage: {
    method: 'POST',
    path: '/v1/gc',
    access: 'admin',
    summary: 'Remove what is past its retention',
    body: z.object({ dryRun: z.boolean().default(false) }).strict(),
    status: 200,
    answer: z.object({
      removed: z.array(z.object({ what: z.string(), count: z.number(), bytes: z.number() })),
    }),
  },
} as const satisfies Record<string, Route>;
