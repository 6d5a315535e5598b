import { verifyAttemptToken } from '../../core/access/attempt-token.ts';
import { ATTEMPT_API } from '../../core/contract/api.ts';
import { getAccessDeps } from '../deps/get-access-deps.ts';
import { getForges } from '../deps/get-forges.ts';
import { getTaskWriteDeps } from '../deps/get-task-write-deps.ts';
import { getModelAccess } from '../deps/model.ts';
import { clock, getLog } from '../deps/runtime.ts';
import { once } from '../once.ts';
import { createApp } from './create-app.ts';
import type { LambdaHttpHandler } from './create-lambda-handler.ts';
import { createLambdaHandler } from './create-lambda-handler.ts';
import { attemptHandlers } from './handler/attempt.ts';

const getDeps = once(() => ({
  engine: { ...getTaskWriteDeps(), forges: getForges() },
  model: getModelAccess(),
}));

const getLambdaHandler = once(() => {
  const app = createApp({
    routes: ATTEMPT_API,
    handlers: attemptHandlers,
    authorize: { attempt: (bearer) => verifyAttemptToken(getAccessDeps(), bearer) },
    deps: getDeps,
    log: getLog(),
    clock,
  });
  return createLambdaHandler(app, { log: getLog(), clock });
});

/** Serves the routes for bridges. The responses include the key of the model and a token for the repository. */
export const handler: LambdaHttpHandler = (event) => getLambdaHandler()(event);
