import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createJoseJwt } from '../../adapters/jwt/create-jose-jwt.ts';
import { createScryptHash } from '../../adapters/password/create-scrypt-hash.ts';
import { signAttemptToken } from '../../core/access/attempt-token.ts';
import { issueSocketTicket } from '../../core/access/one-time-secret.ts';
import { openSession } from '../../core/access/session.ts';
import { createUser } from '../../core/access/user.ts';
import { createNotice } from '../../core/contract/notice.ts';
import { watchPlan } from '../../core/engine/announce/plan-watchers.ts';
import type { CloudStage } from '../../test/support/cloud/cloud-stage.ts';
import { createJsonInput, createLambdaHttpEvent } from '../../test/support/contract/http-event.ts';

// An event for each function, and what is to be answered to it where nothing was planned yet and nothing is outside.

export const SECRETS = {
  AUTH_SECRETS: randomBytes(32).toString('hex'),
  GITHUB_TOKEN: 'no-forge-is-asked',
  GITHUB_WEBHOOK_SECRETS: randomBytes(32).toString('hex'),
  MODEL_API_KEY: 'no-model-is-asked',
};
const PLAN_ID = 'p0123456789';
const WATCHED_PLAN_ID = 'p9876543210';
const ATTEMPT_ID = `${PLAN_ID}.r1.one.1`;
const HOUR_MS = 3_600_000;

export type FunctionEvent = {
  /** A new one each time: some of it is good once, or not for long. */
  readonly make: () => object | Promise<object>;
  /** As `answerText` writes it. */
  readonly expected: string;
  /** What a reader must know of it. */
  readonly note?: string;
};

/** By the function's id. */
export async function createFunctionEvents(
  stage: CloudStage,
): Promise<Readonly<Record<string, FunctionEvent>>> {
  const access = {
    table: stage.table,
    jwt: createJoseJwt({ secrets: [SECRETS.AUTH_SECRETS], issuer: 'smol-gang' }),
    passwords: createScryptHash(),
    clock: { now: () => Date.now() },
    randomBytes: (size: number) => randomBytes(size),
  };
  const user = { email: 'ann@example.org', role: 'viewer' as const };
  await createUser(access, { ...user, password: 'correct horse battery' });
  await watchPlan(access, 'c2', WATCHED_PLAN_ID);
  const signedIn = async () => {
    const { accessToken } = await openSession(access, user);
    return { authorization: `Bearer ${accessToken}` };
  };
  return {
    'http-api': {
      make: async () =>
        createLambdaHttpEvent({ method: 'GET', path: '/v1/plans', headers: await signedIn() }),
      expected: '200',
    },
    'http-doctor': {
      make: async () =>
        createLambdaHttpEvent({ method: 'POST', path: '/v1/doctor', headers: await signedIn() }),
      expected: '403 forbidden',
      note: 'a viewer asks: for an admin it would call the model and the forge, which are not there.',
    },
    'http-attempt': {
      make: async () => {
        const token = await signAttemptToken(access, ATTEMPT_ID, Date.now() + HOUR_MS);
        return createLambdaHttpEvent({
          method: 'POST',
          path: `/v1/attempts/${ATTEMPT_ID}/credentials`,
          headers: { authorization: `Bearer ${token}` },
        });
      },
      expected: '409 attempt_ended',
      note: 'the token is good, but no pod was ever started for it: the task is looked for, and is not there.',
    },
    'hook-github': { make: createPushEvent, expected: '202' },
    ...createSocketEvents(async () => {
      const actor = { kind: 'user', ...user, via: 'session' } as const;
      return (await issueSocketTicket(access, actor)).ticket;
    }),
    ...createQueueEvents(),
    'cron-resync': {
      make: () => ({}),
      expected: 'null',
      note: 'nothing is owed. With LAUNCHER=process, since no launcher of a cloud is built in yet.',
    },
  };
}

/** A delivery is taken once. */
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

function createSocketEvents(ticket: () => Promise<string>) {
  const requestContext = { connectionId: 'c1' };
  return {
    'ws-connect': {
      make: async () => ({
        headers: { 'Sec-WebSocket-Protocol': `smol-gang, ${await ticket()}` },
        requestContext,
      }),
      expected: '200',
    },
    'ws-disconnect': { make: () => ({ requestContext }), expected: '200' },
    'ws-default': {
      make: () => ({
        requestContext,
        body: JSON.stringify({ type: 'subscribe', v: 1, plan: PLAN_ID }),
      }),
      expected: '200, pushed subscribed',
    },
  };
}

const NOTICE = createNotice(
  { plan: PLAN_ID, run: 1, version: 1, at: 1, title: 'Logins' },
  { kind: 'complete', text: 'The plan is complete.' },
);

function createQueueEvents() {
  const done = 'none given back';
  const note = 'the plan is not there, which the store is asked: nothing is owed.';
  return {
    'queue-plan': {
      make: () => createBatchEvent({ type: 'plan', v: 1, plan: PLAN_ID }),
      expected: done,
      note,
    },
    'queue-reconcile': {
      make: () =>
        createBatchEvent({ type: 'reconcile_task', v: 1, plan: PLAN_ID, run: 1, task: 'one' }),
      expected: done,
      note,
    },
    'queue-schedule': {
      make: () => createBatchEvent({ type: 'schedule', v: 1, tasks: [] }),
      expected: done,
      note: 'no task is ready, so no launcher is asked.',
    },
    'queue-notify': {
      make: () => createBatchEvent({ type: 'notify', v: 1, notice: NOTICE }),
      expected: done,
    },
    'queue-push': {
      make: () => createBatchEvent({ type: 'push', v: 1, plan: WATCHED_PLAN_ID }),
      expected: `${done}, pushed changed`,
    },
  };
}

function createBatchEvent(message: object): object {
  const attributes = { ApproximateReceiveCount: '1' };
  return { Records: [{ messageId: 'm1', body: JSON.stringify(message), attributes }] };
}
