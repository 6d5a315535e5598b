import { verifyAttemptToken } from '../../core/access/attempt-token.ts';
import { ATTEMPT_API } from '../../core/contract/api.ts';
import { access, clock, engine, log, modelAccess } from '../deps.ts';
import { once } from '../once.ts';
import { createApp } from './app.ts';
import { attemptHandlers } from './handler/attempt.ts';
import { createLambdaHandler, type LambdaHttpHandler } from './lambda-handler.ts';

const deps = once(() => ({ engine: engine(), model: modelAccess() }));

const lambda = once(() => {
  const app = createApp({
    routes: ATTEMPT_API,
    handlers: attemptHandlers,
    authorize: { attempt: (bearer) => verifyAttemptToken(access(), bearer) },
    deps,
    log: log(),
    clock,
  });
  return createLambdaHandler(app, { log: log(), clock });
});

/** What bridges call, with their attempt's token: the only Lambda that holds the model's key for them. */
export const handler: LambdaHttpHandler = (event) => lambda()(event);
