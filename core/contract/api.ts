import { z } from 'zod';
import { ACCESS_ROUTES } from './access-routes.ts';
import {
  acceptedSchema,
  assignmentSchema,
  checkpointRequestSchema,
  credentialsSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  questionRequestSchema,
  resultRequestSchema,
  startRequestSchema,
  transcriptRequestSchema,
} from './attempt.ts';
import { attemptIdSchema } from './id.ts';
import { PLAN_ROUTES } from './plan-routes.ts';
import type { Route } from './route.ts';
import { SYSTEM_ROUTES } from './system-routes.ts';
import { TASK_ROUTES } from './task-routes.ts';

const attemptParams = z.object({ attempt: attemptIdSchema });

const { doctor, ...system } = SYSTEM_ROUTES;

export const USER_API = {
  ...system,
  ...ACCESS_ROUTES,
  ...PLAN_ROUTES,
  ...TASK_ROUTES,
} as const satisfies Record<string, Route>;

/** Asks the model and the launcher: a Lambda of its own, so that no other route of the users holds what that takes. */
export const DOCTOR_API = { doctor } as const satisfies Record<string, Route>;

/** The users' whole HTTP interface. */
export const API = { ...USER_API, ...DOCTOR_API } as const satisfies Record<string, Route>;

/** What a bridge calls, with the attempt's token: a Lambda of its own, with rights of its own. */
export const ATTEMPT_API = {
  start: {
    method: 'POST',
    path: '/v1/attempts/{attempt}/start',
    access: 'attempt',
    summary: 'The bridge is up; answers the assignment',
    params: attemptParams,
    body: startRequestSchema,
    status: 200,
    answer: assignmentSchema,
  },
  credentials: {
    method: 'POST',
    path: '/v1/attempts/{attempt}/credentials',
    access: 'attempt',
    summary: 'Repository token and model key, for memory only',
    params: attemptParams,
    status: 200,
    answer: credentialsSchema,
  },
  heartbeat: {
    method: 'POST',
    path: '/v1/attempts/{attempt}/heartbeat',
    access: 'attempt',
    summary: 'Renews the lease; answers what people said',
    params: attemptParams,
    body: heartbeatRequestSchema,
    status: 200,
    answer: heartbeatResponseSchema,
  },
  transcript: {
    method: 'POST',
    path: '/v1/attempts/{attempt}/transcript',
    access: 'attempt',
    summary: 'A chunk of the conversation',
    params: attemptParams,
    body: transcriptRequestSchema,
    maxBytes: 1_000_000,
    status: 200,
    answer: acceptedSchema,
  },
  checkpoint: {
    method: 'POST',
    path: '/v1/attempts/{attempt}/checkpoint',
    access: 'attempt',
    summary: 'A pushed commit to start from, should this attempt be lost',
    params: attemptParams,
    body: checkpointRequestSchema,
    status: 200,
    answer: acceptedSchema,
  },
  question: {
    method: 'POST',
    path: '/v1/attempts/{attempt}/question',
    access: 'attempt',
    summary: 'The agent needs an answer',
    params: attemptParams,
    body: questionRequestSchema,
    status: 200,
    answer: acceptedSchema,
  },
  result: {
    method: 'POST',
    path: '/v1/attempts/{attempt}/result',
    access: 'attempt',
    summary: 'The end of the attempt, with its commit and evidence',
    params: attemptParams,
    body: resultRequestSchema,
    maxBytes: 2_000_000,
    status: 200,
    answer: acceptedSchema,
  },
} as const satisfies Record<string, Route>;

export const HOOK_API = {
  github: {
    method: 'POST',
    path: '/v1/hooks/github',
    access: 'signature',
    summary: 'GitHub webhooks',
    body: z.record(z.string(), z.unknown()),
    maxBytes: 6_000_000,
    status: 202,
    answer: acceptedSchema,
  },
} as const satisfies Record<string, Route>;
