import { authenticateUser } from '../../core/access/authenticate.ts';
import { DOCTOR_API } from '../../core/contract/api.ts';
import { access } from '../deps/access.ts';
import { fullEngine } from '../deps/full-engine.ts';
import { host } from '../deps/host.ts';
import { probe } from '../deps/probe.ts';
import { clock, log } from '../deps/runtime.ts';
import { examine } from '../doctor.ts';
import { once } from '../once.ts';
import { createApp } from './app.ts';
import { doctorHandlers } from './handler/doctor.ts';
import { createLambdaHandler, type LambdaHttpHandler } from './lambda-handler.ts';

const lambda = once(() => {
  const app = createApp({
    routes: DOCTOR_API,
    handlers: doctorHandlers,
    authorize: { user: (bearer) => authenticateUser(access(), bearer) },
    deps: () => ({ examine: () => examine(fullEngine(), host(), probe) }),
    log: log(),
    clock,
  });
  return createLambdaHandler(app, { log: log(), clock });
});

/** Tests model, forge, store, queue and launcher for a user who asks. */
export const handler: LambdaHttpHandler = (event) => lambda()(event);
