import type { ATTEMPT_API } from '../../../core/contract/api.ts';
import { type AttemptKey, parseAttemptId } from '../../../core/contract/id.ts';
import {
  askQuestion,
  heartbeat,
  recordCheckpoint,
  recordTranscript,
} from '../../../core/engine/attempt/live.ts';
import { acceptResult } from '../../../core/engine/attempt/result.ts';
import { attemptCredentials, startAttempt } from '../../../core/engine/attempt/start.ts';
import type { EngineDeps, ModelAccess } from '../../../core/engine/deps.ts';
import { AppError } from '../../../core/error.ts';
import type { Handlers } from '../handlers.ts';

export type AttemptDeps = { readonly engine: EngineDeps; readonly model: ModelAccess | undefined };

const ACCEPTED = { accepted: true } as const;

function keyOf(id: string): AttemptKey {
  const key = parseAttemptId(id);
  if (key === undefined) throw new AppError('invalid', 'attempt_id', `${id} is not an attempt id`);
  return key;
}

export const attemptHandlers = {
  start: async ({ params, deps }) => startAttempt(deps.engine, keyOf(params.attempt)),
  credentials: async ({ params, deps }) =>
    attemptCredentials(deps.engine, deps.model, keyOf(params.attempt)),
  heartbeat: async ({ params, body, deps }) => heartbeat(deps.engine, keyOf(params.attempt), body),
  transcript: async ({ params, body, deps }) => {
    await recordTranscript(deps.engine, keyOf(params.attempt), body);
    return ACCEPTED;
  },
  checkpoint: async ({ params, body, deps }) => {
    await recordCheckpoint(deps.engine, keyOf(params.attempt), body.commit);
    return ACCEPTED;
  },
  question: async ({ params, body, deps }) => {
    await askQuestion(deps.engine, keyOf(params.attempt), body);
    return ACCEPTED;
  },
  result: async ({ params, body, deps }) => {
    await acceptResult(deps.engine, keyOf(params.attempt), body);
    return ACCEPTED;
  },
} satisfies Handlers<typeof ATTEMPT_API, AttemptDeps>;
