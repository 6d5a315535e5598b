import { authenticateUser } from '../../core/access/authenticate.ts';
import { USER_API } from '../../core/contract/api.ts';
import { readConfig } from '../config.ts';
import { access } from '../deps/access.ts';
import { forgeEngine } from '../deps/forge-engine.ts';
import { host } from '../deps/host.ts';
import { hosting } from '../deps/hosting.ts';
import { clock, log } from '../deps/runtime.ts';
import { once } from '../once.ts';
import { VERSION } from '../version.ts';
import { createApp } from './app.ts';
import { USER_HANDLERS } from './handler/user-api.ts';
import { createLambdaHandler, type LambdaHttpHandler } from './lambda-handler.ts';

const deps = once(() => ({
  ...access(),
  socketUrl: readConfig(['socket']).socket.url,
  version: VERSION,
  engine: forgeEngine(),
  hosting: hosting(),
  host: host(),
}));

const lambda = once(() => {
  const app = createApp({
    routes: USER_API,
    handlers: USER_HANDLERS,
    authorize: { user: (bearer) => authenticateUser(access(), bearer) },
    deps,
    log: log(),
    clock,
  });
  return createLambdaHandler(app, { log: log(), clock });
});

/** The users' HTTP interface. */
export const handler: LambdaHttpHandler = (event) => lambda()(event);
