import { z } from 'zod';
import { planIdSchema } from '../id.ts';
import { noticeSchema } from '../notice.ts';
import type { Route } from './route.ts';
import { createListSchema, pageQueryFields } from './route.ts';

const answer = createListSchema(noticeSchema);

/** Routes of notices, which are kept for 30 days. */
export const NOTICE_ROUTES = {
  listNotices: {
    method: 'GET',
    path: '/v1/notices',
    access: 'viewer',
    summary: 'List the notices of all plans, newest first',
    query: z.object(pageQueryFields),
    status: 200,
    answer,
  },
  listPlanNotices: {
    method: 'GET',
    path: '/v1/plans/{plan}/notices',
    access: 'viewer',
    summary: 'List the notices of a plan, newest first',
    params: z.object({ plan: planIdSchema }),
    query: z.object(pageQueryFields),
    status: 200,
    answer,
  },
} as const satisfies Record<string, Route>;
