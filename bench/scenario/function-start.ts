import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createJoseJwt } from '../../adapters/jwt/jose-jwt.ts';
import { createScryptHash } from '../../adapters/password/scrypt-hash.ts';
import { signAttemptToken } from '../../core/access/attempt-token.ts';
import { openSession } from '../../core/access/session.ts';
import { createUser } from '../../core/access/user.ts';
import { buildCloud, type Cloud } from '../../test/support/build-cloud.ts';
import { type CloudStage, startCloudStage } from '../../test/support/cloud-stage.ts';
import { httpEvent, jsonInput } from '../../test/support/http-event.ts';
import { LambdaProcess } from '../../test/support/lambda-process.ts';
import { percentile } from '../lab/measure.ts';
import type { Report, Scenario } from '../scenario.ts';

// How large each function is and how long its first event takes in a new process: from the start of Node to the answer, with
// the store and the queues of this machine. Events are small and end well; each asks the store where its function does.

const PLAN = 'p0123456789';
const ATTEMPT = `${PLAN}.r1.one.1`;
const SECRETS = {
  AUTH_SECRETS: randomBytes(32).toString('hex'),
  GITHUB_TOKEN: 'no-forge-is-asked',
  GITHUB_WEBHOOK_SECRETS: randomBytes(32).toString('hex'),
  MODEL_API_KEY: 'no-model-is-asked',
};

type Start = {
  readonly id: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly coldP50: number;
  readonly coldP95: number;
  readonly nextP50: number;
};

export const functionStart: Scenario = {
  name: 'function-start',
  what: 'Size of each Lambda function, and its first event in a new process',
  run: async ({ quick }) => {
    const cloud = await buildCloud();
    if (cloud === undefined) return notInstalled();
    const stage = await startCloudStage({ ...cloud, secrets: SECRETS, replaced: {} });
    try {
      return await report(cloud, stage, quick ? 2 : 20);
    } finally {
      await stage.close();
      await cloud.remove();
    }
  },
};

function notInstalled(): Report {
  const notes = ['The deploy tooling is not installed: npm run stacks:install'];
  return { tables: [{ title: 'Functions', head: ['function'], rows: [], notes }] };
}

async function report(cloud: Cloud, stage: CloudStage, count: number): Promise<Report> {
  const pods = await mkdtemp(join(tmpdir(), 'smol-pods-'));
  const events = await makeEvents(stage);
  const rows: Start[] = [];
  try {
    for (const bundle of await readBundles(cloud.bundles)) {
      const event = events[bundle.id];
      if (event === undefined) throw new Error(`no event for ${bundle.id}`);
      const more = bundle.id === 'cron-reconcile' ? laptopLauncher(pods) : {};
      const start = () => first(stage, bundle.id, more, event);
      rows.push({ ...bundle, ...(await starts(count, start)) });
    }
    const nothing = await starts(count, () => firstOfNothing(pods));
    return { tables: [tableOf(rows, nothing, count)], figures: { starts: count, nothing, rows } };
  } finally {
    await rm(pods, { recursive: true, force: true });
  }
}

/** No launcher of a cloud is built in yet; the laptop's lists its pods in a folder. */
function laptopLauncher(folder: string): Readonly<Record<string, string>> {
  return { LAUNCHER: 'process', LAUNCHER_DIR: folder };
}

const bundlesSchema = z.array(
  z.object({ id: z.string(), bytes: z.number(), gzipBytes: z.number() }),
);

async function readBundles(folder: string) {
  return bundlesSchema.parse(JSON.parse(await readFile(join(folder, 'bundles.json'), 'utf8')));
}

type Times = { readonly cold: number; readonly next: number };

async function starts(count: number, start: () => Promise<Times>) {
  const times: Times[] = [];
  for (let n = 0; n < count; n += 1) times.push(await start());
  const cold = times.map((one) => one.cold).toSorted((a, b) => a - b);
  const next = times.map((one) => one.next).toSorted((a, b) => a - b);
  return {
    coldP50: percentile(cold, 0.5),
    coldP95: percentile(cold, 0.95),
    nextP50: percentile(next, 0.5),
  };
}

async function first(
  stage: CloudStage,
  id: string,
  more: Readonly<Record<string, string>>,
  event: object,
): Promise<Times> {
  const running = await stage.start(id, more);
  try {
    return await timesOf(running.process, event);
  } finally {
    await running.close();
  }
}

/** Node itself, with a handler that does nothing. */
async function firstOfNothing(folder: string): Promise<Times> {
  const file = join(folder, 'nothing.mjs');
  await writeFile(file, 'export const handler = () => null;\n');
  const process = LambdaProcess.start(file, {});
  try {
    return await timesOf(process, {});
  } finally {
    await process.close();
  }
}

async function timesOf(process: LambdaProcess, event: object): Promise<Times> {
  await process.invoke(event);
  const cold = performance.now() - process.startedAt;
  const began = performance.now();
  await process.invoke(event);
  return { cold, next: performance.now() - began };
}

function tableOf(
  rows: readonly Start[],
  nothing: Awaited<ReturnType<typeof starts>>,
  count: number,
) {
  return {
    title: `Functions, ${count} new processes each`,
    head: ['function', 'KB', 'gzip KB', 'first p50 ms', 'first p95 ms', 'next p50 ms'],
    rows: [
      ['(Node alone)', 0, 0, nothing.coldP50, nothing.coldP95, nothing.nextP50],
      ...rows.map((row) => [
        row.id,
        Math.round(row.bytes / 1_000),
        Math.round(row.gzipBytes / 1_000),
        row.coldP50,
        row.coldP95,
        row.nextP50,
      ]),
    ],
    notes: [
      'First: from the start of the process to the answer of its first event. Next: its second.',
    ],
  };
}

async function makeEvents(stage: CloudStage): Promise<Record<string, object>> {
  const access = {
    table: stage.table,
    jwt: createJoseJwt({ secrets: [SECRETS.AUTH_SECRETS], issuer: 'smol-gang' }),
    passwords: createScryptHash(),
    clock: { now: () => Date.now() },
    randomBytes: (size: number) => randomBytes(size),
  };
  const user = { email: 'ann@example.org', role: 'viewer' as const };
  await createUser(access, { ...user, password: 'correct horse battery' });
  const { accessToken } = await openSession(access, user);
  const signedIn = { authorization: `Bearer ${accessToken}` };
  const token = await signAttemptToken(access, ATTEMPT, Date.now() + 3_600_000);
  const push = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'acme/shop' } });
  const hmac = createHmac('sha256', SECRETS.GITHUB_WEBHOOK_SECRETS).update(push).digest('hex');
  return {
    'http-api': httpEvent({ method: 'GET', path: '/v1/plans', headers: signedIn }),
    // Refused for a viewer, once it is known who asks.
    'http-doctor': httpEvent({ method: 'POST', path: '/v1/doctor', headers: signedIn }),
    'http-attempt': httpEvent({
      method: 'POST',
      path: `/v1/attempts/${ATTEMPT}/credentials`,
      headers: { authorization: `Bearer ${token}` },
    }),
    'hook-github': httpEvent(
      jsonInput('POST', '/v1/hooks/github', push, {
        'x-github-event': 'push',
        'x-github-delivery': 'a-delivery',
        'x-hub-signature-256': `sha256=${hmac}`,
      }),
    ),
    'ws-connect': {
      headers: { 'Sec-WebSocket-Protocol': 'smol-gang, no-ticket' },
      requestContext: { connectionId: 'c1' },
    },
    'ws-disconnect': { requestContext: { connectionId: 'c1' } },
    'ws-default': {
      requestContext: { connectionId: 'c1' },
      body: JSON.stringify({ type: 'subscribe', v: 1, plan: PLAN }),
    },
    'queue-plan': batchOf({ type: 'plan', v: 1, plan: PLAN }),
    'queue-drive': batchOf({ type: 'drive_task', v: 1, plan: PLAN, run: 1, task: 'one' }),
    'queue-schedule': batchOf({ type: 'schedule', v: 1, tasks: [] }),
    'queue-push': batchOf({ type: 'push', v: 1, plan: PLAN }),
    'cron-reconcile': {},
  };
}

function batchOf(message: object): object {
  const attributes = { ApproximateReceiveCount: '1' };
  return { Records: [{ messageId: 'm1', body: JSON.stringify(message), attributes }] };
}
