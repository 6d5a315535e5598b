import { z } from 'zod';
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
import { ATTEMPT_CALLBACK_PATHS } from './bridge.ts';
import { attemptIdSchema } from './id.ts';
import { ACCESS_ROUTES } from './routes/access-routes.ts';
import { NOTICE_ROUTES } from './routes/notice-routes.ts';
import { PLAN_ROUTES } from './routes/plan-routes.ts';
import type { Route } from './routes/route.ts';
import { SYSTEM_ROUTES } from './routes/system-routes.ts';
import { TASK_ROUTES } from './routes/task-routes.ts';

const attemptParams = z.object({ attempt: attemptIdSchema });

const { doctor, ...system } = SYSTEM_ROUTES;

/** Routes for people and scripts, except `doctor`. */
export const USER_API = {
  ...system,
  ...ACCESS_ROUTES,
  ...PLAN_ROUTES,
  ...TASK_ROUTES,
  ...NOTICE_ROUTES,
} as const satisfies Record<string, Route>;

/**
 * Self-test of the platform. A separate function serves this route, because only the self-test needs the launcher's permissions.
 */
export const DOCTOR_API = { doctor } as const satisfies Record<string, Route>;

/** All routes for people and scripts. */
export const API = { ...USER_API, ...DOCTOR_API } as const satisfies Record<string, Route>;

/** Routes that a bridge calls with the token of its attempt. A separate function with separate permissions serves them. */
export const ATTEMPT_API = {
  start: {
    method: 'POST',
    path: ATTEMPT_CALLBACK_PATHS.start,
    access: 'attempt',
    summary: 'Report that the bridge started, and get the assignment',
    params: attemptParams,
    body: startRequestSchema,
    status: 200,
    answer: assignmentSchema,
  },
  credentials: {
    method: 'POST',
    path: ATTEMPT_CALLBACK_PATHS.credentials,
    access: 'attempt',
    summary: 'Get the repository token and the model key; keep both in memory only',
    params: attemptParams,
    status: 200,
    answer: credentialsSchema,
  },
  heartbeat: {
    method: 'POST',
    path: ATTEMPT_CALLBACK_PATHS.heartbeat,
    access: 'attempt',
    summary: 'Renew the lease, and get new messages from people',
    params: attemptParams,
    body: heartbeatRequestSchema,
    status: 200,
    answer: heartbeatResponseSchema,
  },
  transcript: {
    method: 'POST',
    path: ATTEMPT_CALLBACK_PATHS.transcript,
    access: 'attempt',
    summary: 'Store a chunk of the conversation',
    params: attemptParams,
    body: transcriptRequestSchema,
    maxBytes: 1_000_000,
    status: 200,
    answer: acceptedSchema,
  },
  checkpoint: {
    method: 'POST',
    path: ATTEMPT_CALLBACK_PATHS.checkpoint,
    access: 'attempt',
    summary: 'Record a pushed commit; the next attempt starts there if this attempt is lost',
    params: attemptParams,
    body: checkpointRequestSchema,
    status: 200,
    answer: acceptedSchema,
  },
  question: {
    method: 'POST',
    path: ATTEMPT_CALLBACK_PATHS.question,
    access: 'attempt',
    summary: 'Ask a person a question',
    params: attemptParams,
    body: questionRequestSchema,
    status: 200,
    answer: acceptedSchema,
  },
  result: {
    method: 'POST',
    path: ATTEMPT_CALLBACK_PATHS.result,
    access: 'attempt',
    summary: 'End the attempt with its commit and evidence',
    params: attemptParams,
    body: resultRequestSchema,
    maxBytes: 2_000_000,
    status: 200,
    answer: acceptedSchema,
  },
} as const satisfies Record<string, Route>;

/** Route that the forge calls. */
export const HOOK_API = {
  github: {
    method: 'POST',
    path: '/v1/hooks/github',
    access: 'signature',
    summary: 'Receive a GitHub webhook',
    body: z.record(z.string(), z.unknown()),
    maxBytes: 6_000_000,
    status: 202,
    answer: acceptedSchema,
  },
} as const satisfies Record<string, Route>;
