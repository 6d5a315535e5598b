import { authenticateUser } from '../../core/access/authenticate-user.ts';
import { USER_API } from '../../core/contract/api.ts';
import { readConfig } from '../config.ts';
import { getAccessDeps } from '../deps/get-access-deps.ts';
import { getForges } from '../deps/get-forges.ts';
import { getHost } from '../deps/get-host.ts';
import { getPush } from '../deps/get-push.ts';
import { getRepositoryLinker } from '../deps/get-repository-linker.ts';
import { getTaskWriteDeps } from '../deps/get-task-write-deps.ts';
import { clock, getLog } from '../deps/runtime.ts';
import { once } from '../once.ts';
import { VERSION } from '../version.ts';
import { createApp } from './create-app.ts';
import type { LambdaHttpHandler } from './create-lambda-handler.ts';
import { createLambdaHandler } from './create-lambda-handler.ts';
import { USER_HANDLERS } from './handler/user-api.ts';

const getDeps = once(() => ({
  ...getAccessDeps(),
  push: getPush(),
  socketUrl: readConfig(['socket']).socket.url,
  version: VERSION,
  engine: { ...getTaskWriteDeps(), forges: getForges() },
  repositoryLinker: getRepositoryLinker(),
  host: getHost(),
}));

const getLambdaHandler = once(() => {
  const app = createApp({
    routes: USER_API,
    handlers: USER_HANDLERS,
    authorize: { user: (bearer) => authenticateUser(getAccessDeps(), bearer) },
    deps: getDeps,
    log: getLog(),
    clock,
  });
  return createLambdaHandler(app, { log: getLog(), clock });
});

/** Serves the routes for people and scripts. */
export const handler: LambdaHttpHandler = (event) => getLambdaHandler()(event);
