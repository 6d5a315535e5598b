import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createJoseJwt } from '../../adapters/jwt/create-jose-jwt.ts';
import { createScryptHasher } from '../../adapters/password/create-scrypt-hasher.ts';
import type { UserActor } from '../../core/access/actor.ts';
import { signAttemptToken } from '../../core/access/attempt-token.ts';
import { createUser } from '../../core/access/change-user.ts';
import { issueSocketTicket } from '../../core/access/one-time-secret.ts';
import { openSession, verifyAccessToken } from '../../core/access/session.ts';
import { createNotice } from '../../core/contract/notice.ts';
import { recordConnection, watchPlan } from '../../core/store/connection-store.ts';
import type { CloudStage } from '../../test/support/cloud/cloud-stage.ts';
import { createJsonInput, createLambdaHttpEvent } from '../../test/support/contract/http-event.ts';

// Defines an event for each function, with the answer expected for an empty table and without external services.

/** Secrets of the measured functions. */
export const SECRETS = {
  AUTH_SECRETS: randomBytes(32).toString('hex'),
  GITHUB_TOKEN: 'unused-forge-token',
  GITHUB_WEBHOOK_SECRETS: randomBytes(32).toString('hex'),
  MODEL_API_KEY: 'unused-model-key',
};
const PLAN_ID = 'p0123456789';
const WATCHED_PLAN_ID = 'p9876543210';
const ATTEMPT_ID = `${PLAN_ID}.r1.one.1`;
const HOUR_MS = 3_600_000;

/** An event for a function, and the expected answer. */
export type EventSpec = {
  /** Creates a new event for each call, because some secrets are valid once or for a short time. */
  readonly createEvent: () => object | Promise<object>;
  /** Answer in the format of `renderAnswer`. */
  readonly expected: string;
  /** Condition of the measurement, printed below the figures. */
  readonly note?: string;
};

type EventSpecs = Readonly<Record<string, EventSpec>>;
type EventDeps = ReturnType<typeof createEventDeps>;

const USER = { email: 'ann@example.org', role: 'viewer' } as const;

/** Creates the events of all functions, by function id. */
export async function createEventSpecs(stage: CloudStage): Promise<EventSpecs> {
  const deps = createEventDeps(stage);
  const user = await createUser(deps, { ...USER, password: 'correct horse battery' });
  const createAccessToken = async () => (await openSession(deps, user)).accessToken;
  const actor = await verifyAccessToken(deps, await createAccessToken());
  if (actor === undefined) throw new Error('the session of the measured user is not valid');
  await recordConnection(deps, 'c1', actor);
  await recordConnection(deps, 'c2', actor);
  await watchPlan(deps, 'c2', WATCHED_PLAN_ID);
  return {
    ...createHttpSpecs(deps, createAccessToken),
    'hook-github': { createEvent: createPushEvent, expected: '202' },
    ...createSocketSpecs(deps, actor),
    ...createQueueSpecs(),
    'cron-resync': {
      createEvent: () => ({}),
      expected: 'null',
      note: 'no work is pending. LAUNCHER=process, because smol-gang has no cloud launcher yet.',
    },
  };
}

function createEventDeps(stage: CloudStage) {
  return {
    table: stage.table,
    jwt: createJoseJwt({ secrets: [SECRETS.AUTH_SECRETS], issuer: 'smol-gang' }),
    passwords: createScryptHasher(),
    clock: { now: () => Date.now() },
    randomBytes: (size: number) => randomBytes(size),
  };
}

function createHttpSpecs(deps: EventDeps, createAccessToken: () => Promise<string>): EventSpecs {
  const createSessionHeaders = async () => ({
    authorization: `Bearer ${await createAccessToken()}`,
  });
  return {
    'http-api': {
      createEvent: async () =>
        createLambdaHttpEvent({
          method: 'GET',
          path: '/v1/plans',
          headers: await createSessionHeaders(),
        }),
      expected: '200',
    },
    'http-doctor': {
      createEvent: async () =>
        createLambdaHttpEvent({
          method: 'POST',
          path: '/v1/doctor',
          headers: await createSessionHeaders(),
        }),
      expected: '403 forbidden',
      note: 'the caller is a viewer; for an admin, the function would call the model and the forge, which do not run here.',
    },
    'http-attempt': {
      createEvent: async () => {
        const token = await signAttemptToken(deps, ATTEMPT_ID, Date.now() + HOUR_MS);
        return createLambdaHttpEvent({
          method: 'POST',
          path: `/v1/attempts/${ATTEMPT_ID}/credentials`,
          headers: { authorization: `Bearer ${token}` },
        });
      },
      expected: '409 attempt_ended',
      note: 'the token is valid, but the task does not exist: the function looks for the task.',
    },
  };
}

/** Creates a webhook delivery with a new id, because the function handles each delivery id only once. */
function createPushEvent(): object {
  const push = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'acme/shop' } });
  const hmac = createHmac('sha256', SECRETS.GITHUB_WEBHOOK_SECRETS).update(push).digest('hex');
  return createLambdaHttpEvent(
    createJsonInput('POST', '/v1/hooks/github', push, {
      'x-github-event': 'push',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${hmac}`,
    }),
  );
}

function createSocketSpecs(deps: EventDeps, actor: UserActor): EventSpecs {
  const requestContext = { connectionId: 'c1' };
  return {
    'ws-connect': {
      createEvent: async () => {
        const { ticket } = await issueSocketTicket(deps, actor);
        const headers = { 'Sec-WebSocket-Protocol': `smol-gang, ${ticket}` };
        return { headers, requestContext };
      },
      expected: '200',
    },
    'ws-disconnect': { createEvent: () => ({ requestContext }), expected: '200' },
    'ws-default': {
      createEvent: () => ({
        requestContext,
        body: JSON.stringify({ type: 'subscribe', v: 1, plan: PLAN_ID }),
      }),
      expected: '200, pushed error',
      note: 'the table has no plan, so the function answers with an error frame.',
    },
  };
}

const NOTICE = createNotice(
  { plan: PLAN_ID, run: 1, version: 1, at: 1, title: 'Logins' },
  { kind: 'complete', text: 'The plan is complete.' },
);

function createQueueSpecs(): EventSpecs {
  const allHandled = 'no failed message';
  const note = 'the plan does not exist: the function looks for the plan.';
  return {
    'queue-plan': {
      createEvent: () => createBatchEvent({ type: 'plan', v: 1, plan: PLAN_ID }),
      expected: allHandled,
      note,
    },
    'queue-reconcile': {
      createEvent: () =>
        createBatchEvent({ type: 'reconcile_task', v: 1, plan: PLAN_ID, run: 1, task: 'one' }),
      expected: allHandled,
      note,
    },
    'queue-schedule': {
      createEvent: () => createBatchEvent({ type: 'schedule', v: 1, tasks: [] }),
      expected: allHandled,
      note: 'no task is ready, so the function does not call the launcher.',
    },
    'queue-notify': {
      createEvent: () => createBatchEvent({ type: 'notify', v: 1, notice: NOTICE }),
      expected: allHandled,
    },
    'queue-push': {
      createEvent: () => createBatchEvent({ type: 'push', v: 1, plan: WATCHED_PLAN_ID }),
      expected: `${allHandled}, pushed changed`,
    },
  };
}

function createBatchEvent(message: object): object {
  const attributes = { ApproximateReceiveCount: '1' };
  return { Records: [{ messageId: 'm1', body: JSON.stringify(message), attributes }] };
}
