import { authenticateUser } from '../../core/access/authenticate-user.ts';
import { DOCTOR_API } from '../../core/contract/api.ts';
import { getAccessDeps } from '../deps/get-access-deps.ts';
import { getForges } from '../deps/get-forges.ts';
import { getHost } from '../deps/get-host.ts';
import { getLaunchDeps } from '../deps/get-launch-deps.ts';
import { getTaskWriteDeps } from '../deps/get-task-write-deps.ts';
import { probeConfiguredModel } from '../deps/probe-configured-model.ts';
import { clock, getLog } from '../deps/runtime.ts';
import { once } from '../once.ts';
import { runDoctorChecks } from '../run-doctor-checks.ts';
import { createApp } from './create-app.ts';
import type { LambdaHttpHandler } from './create-lambda-handler.ts';
import { createLambdaHandler } from './create-lambda-handler.ts';
import { doctorHandlers } from './handler/doctor.ts';

const getDeps = once(() => ({
  ...getTaskWriteDeps(),
  ...getLaunchDeps(),
  forges: getForges(),
}));

const getLambdaHandler = once(() => {
  const app = createApp({
    routes: DOCTOR_API,
    handlers: doctorHandlers,
    authorize: { user: (bearer) => authenticateUser(getAccessDeps(), bearer) },
    deps: () => ({
      runChecks: () => runDoctorChecks(getDeps(), getHost(), probeConfiguredModel),
    }),
    log: getLog(),
    clock,
  });
  return createLambdaHandler(app, { log: getLog(), clock });
});

/** Serves the self-test of model, forge, store, queue and launcher. */
export const handler: LambdaHttpHandler = (event) => getLambdaHandler()(event);
