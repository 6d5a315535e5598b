import { verifyAttemptToken } from '../../core/access/attempt-token.ts';
import { ATTEMPT_API } from '../../core/contract/api.ts';
import { access } from '../deps/access.ts';
import { forgeEngine } from '../deps/forge-engine.ts';
import { modelAccess } from '../deps/model.ts';
import { clock, log } from '../deps/runtime.ts';
import { once } from '../once.ts';
import { createApp } from './app.ts';
import { attemptHandlers } from './handler/attempt.ts';
import { createLambdaHandler, type LambdaHttpHandler } from './lambda-handler.ts';

const deps = once(() => ({ engine: forgeEngine(), model: modelAccess() }));

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

/** What bridges call, with their attempt's token; gives them the model's key and a token of their repository. */
export const handler: LambdaHttpHandler = (event) => lambda()(event);
