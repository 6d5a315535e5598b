import { AppError } from '../../../core/base/app-error.ts';
import type { ATTEMPT_API } from '../../../core/contract/api.ts';
import type { AttemptKey } from '../../../core/contract/id.ts';
import { parseAttemptId } from '../../../core/contract/id.ts';
import {
  acceptResult,
  askQuestion,
  recordCheckpoint,
  recordHeartbeat,
  recordTranscript,
} from '../../../core/engine/attempt/attempt-callbacks.ts';
import {
  issueAttemptCredentials,
  startAttempt,
} from '../../../core/engine/attempt/start-attempt.ts';
import type { ForgeDeps, ModelAccess } from '../../../core/engine/engine-deps.ts';
import type { Handlers } from '../handlers.ts';

/** Dependencies of the attempt routes; `model` is undefined if no model is configured. */
export type AttemptDeps = { readonly engine: ForgeDeps; readonly model: ModelAccess | undefined };

const ACCEPTED = { accepted: true } as const;

function requireAttemptKey(id: string): AttemptKey {
  const key = parseAttemptId(id);
  if (key === undefined)
    throw new AppError(
      'invalid',
      'attempt_id',
      `"${id}" is not an attempt id; an attempt id looks like p3k9m2x7abc.r1.add-login.2`,
    );
  return key;
}

export const attemptHandlers = {
  start: async ({ params, deps }) => startAttempt(deps.engine, requireAttemptKey(params.attempt)),
  credentials: async ({ params, deps }) =>
    issueAttemptCredentials(deps.engine, deps.model, requireAttemptKey(params.attempt)),
  heartbeat: async ({ params, body, deps }) =>
    recordHeartbeat(deps.engine, requireAttemptKey(params.attempt), body),
  transcript: async ({ params, body, deps }) => {
    await recordTranscript(deps.engine, requireAttemptKey(params.attempt), body);
    return ACCEPTED;
  },
  checkpoint: async ({ params, body, deps }) => {
    await recordCheckpoint(deps.engine, requireAttemptKey(params.attempt), body.commit);
    return ACCEPTED;
  },
  question: async ({ params, body, deps }) => {
    await askQuestion(deps.engine, requireAttemptKey(params.attempt), body);
    return ACCEPTED;
  },
  result: async ({ params, body, deps }) => {
    await acceptResult(deps.engine, requireAttemptKey(params.attempt), body);
    return ACCEPTED;
  },
} satisfies Handlers<typeof ATTEMPT_API, AttemptDeps>;
