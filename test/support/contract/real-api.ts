import { createRejectingRepositoryLinker } from '../../../adapters/repository-linker/create-local-repository-linker.ts';
import { signAttemptToken, verifyAttemptToken } from '../../../core/access/attempt-token.ts';
import { authenticateUser } from '../../../core/access/authenticate-user.ts';
import { API, ATTEMPT_API } from '../../../core/contract/api.ts';
import { createApp } from '../../../functions/http/create-app.ts';
import { createLambdaHandler } from '../../../functions/http/create-lambda-handler.ts';
import { attemptHandlers } from '../../../functions/http/handler/attempt.ts';
import { doctorHandlers } from '../../../functions/http/handler/doctor.ts';
import { USER_HANDLERS } from '../../../functions/http/handler/user-api.ts';
import { createLog } from '../../../functions/log.ts';
import { createEngineFixture } from '../engine/engine-fixture.ts';
import type { HttpInput } from './http-event.ts';
import { createLambdaHttpEvent } from './http-event.ts';
import { createRecordingPush, createTestAccess } from './test-access.ts';
import type { TestAnswer } from './test-api.ts';
import { parseAnswer, signInEachRole } from './test-api.ts';

/** Creates the deployed handlers over a table in memory. Calls to the forge or the launcher throw. */
export async function createRealApi() {
  const engine = createEngineFixture();
  const access = createTestAccess(engine.table);
  const { clock } = access.deps;
  const logLines: string[] = [];
  const logAndClock = {
    log: createLog({ write: (line) => logLines.push(line), now: clock.now }),
    clock,
  };
  const userDeps = {
    ...access.deps,
    push: createRecordingPush().push,
    version: '1.2.3',
    socketUrl: 'wss://socket.example.org',
    engine: engine.deps,
    repositoryLinker: createRejectingRepositoryLinker(),
    host: undefined,
    runChecks: async () => [],
  };
  const apps = {
    api: createApp({
      ...logAndClock,
      routes: API,
      handlers: { ...USER_HANDLERS, ...doctorHandlers },
      authorize: { user: (bearer) => authenticateUser(access.deps, bearer) },
      deps: () => userDeps,
    }),
    attempt: createApp({
      ...logAndClock,
      routes: ATTEMPT_API,
      handlers: attemptHandlers,
      authorize: { attempt: (bearer) => verifyAttemptToken(access.deps, bearer) },
      deps: () => ({ engine: engine.deps, model: undefined }),
    }),
  };
  return {
    engine,
    logLines,
    sessions: await signInEachRole(userDeps),
    attemptToken: (id: string, lifetimeMs = 60_000) =>
      signAttemptToken(access.deps, id, clock.now() + lifetimeMs),
    async send(group: string, input: HttpInput): Promise<TestAnswer> {
      const app = group === 'attempt' ? apps.attempt : apps.api;
      const event = createLambdaHttpEvent(input);
      return parseAnswer(
        await createLambdaHandler(app, logAndClock)(event),
        event.requestContext.requestId,
      );
    },
  };
}

/** API with the deployed handlers. */
export type RealApi = Awaited<ReturnType<typeof createRealApi>>;
