import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createJoseJwt } from '../../adapters/jwt/create-jose-jwt.ts';
import { createScryptHasher } from '../../adapters/password/create-scrypt-hasher.ts';
import { signAttemptToken } from '../../core/access/attempt-token.ts';
import { createUser } from '../../core/access/change-user.ts';
import { scheduleTasks } from '../../core/engine/schedule/schedule-tasks.ts';
import type { PodSpec } from '../../core/port/launcher.ts';
import { HANDLERS, toFunctionId } from '../../core/topology/handlers.ts';
import {
  createGraphPlan,
  createQuestionBody,
  createResultBody,
  USAGE,
} from '../support/cloud/cloud-requests.ts';
import type { CloudStage } from '../support/cloud/cloud-stage.ts';
import { startCloudStage } from '../support/cloud/cloud-stage.ts';
import type { HttpInput } from '../support/contract/http-event.ts';
import { createJsonInput, createLambdaHttpEvent } from '../support/contract/http-event.ts';
import { createEngineFixture } from '../support/engine/engine-fixture.ts';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { ADMIN_TOKEN, startTestForge, WEBHOOK_SECRET } from '../support/forge/test-forge.ts';
import type { ScriptedLlmServer } from '../support/model/scripted-llm-server.ts';
import { startScriptedLlmServer } from '../support/model/scripted-llm-server.ts';
import { waitUntil } from '../support/wait-until.ts';

// Runs a plan from its prompt to its merge with the deployed bundles. Each function runs in a separate process with the
// environment of its template, and a guard rejects everything that its role does not allow. The test itself makes the calls of
// the pods, because there is no launcher for the cloud yet.

const cloud = inject('cloud');
const SECRETS = {
  AUTH_SECRETS: randomBytes(32).toString('hex'),
  GITHUB_TOKEN: ADMIN_TOKEN,
  GITHUB_WEBHOOK_SECRETS: WEBHOOK_SECRET,
  MODEL_API_KEY: 'sk-the-key-of-the-model',
};
const USER = { email: 'ann@example.org', password: 'correct horse battery' };

describe.skipIf(cloud === null)(
  'each function from its bundle, with its environment and its role',
  () => {
    let stage: CloudStage;
    let forge: TestForge;
    let shop: TestRepository;
    let model: ScriptedLlmServer;
    let session = '';
    let plan = '';
    const access = {
      jwt: createJoseJwt({ secrets: [SECRETS.AUTH_SECRETS], issuer: 'smol-gang' }),
      passwords: createScryptHasher(),
      clock: { now: () => Date.now() },
      randomBytes: (size: number) => randomBytes(size),
    };

    beforeAll(async () => {
      forge = await startTestForge();
      model = await startScriptedLlmServer();
      stage = await startCloudStage({
        templates: cloud?.templates ?? '',
        bundles: cloud?.bundles ?? '',
        secrets: SECRETS,
        replaced: { GITHUB_API_URL: forge.server.apiUrl, MODEL_BASE_URL: model.url },
      });
      await createUser({ ...access, table: stage.table }, { ...USER, role: 'admin' });
      shop = await forge.makeRepository('shop', {
        '.smol-gang.yaml': 'verify:\n  - node --version\n',
        'a.txt': 'a\n',
      });
    });

    afterAll(async () => {
      await stage?.close();
      await model?.close();
      await forge?.close();
    });

    test('http-api signs in, links a repository and creates a plan', async () => {
      const health = await callFunction('http-api', { method: 'GET', path: '/v1/health' });
      const wrongPassword = await callFunction(
        'http-api',
        createJsonInput('POST', '/v1/auth/login', { ...USER, password: 'x'.repeat(12) }),
      );
      const login = await callFunction('http-api', createJsonInput('POST', '/v1/auth/login', USER));
      session = `Bearer ${String(login.body.accessToken)}`;
      const linked = await sendAsUser('POST', '/v1/repositories', { name: 'acme/shop' });
      const planned = await sendAsUser('POST', '/v1/plans', createGraphPlan());
      plan = String(planned.body.id);

      expect([health, wrongPassword, login, linked, planned].map(({ status }) => status)).toEqual([
        200, 401, 200, 201, 201,
      ]);
    });

    test('queue-plan plans the submitted graph of the previous test, and calls the model with the key for a prompt', async () => {
      // The model never gives a valid answer, so the plan fails with a reason; the handler itself must not fail.
      model.play(...Array.from({ length: 12 }, () => 'I would rather not say.'));
      const prompted = await sendAsUser('POST', '/v1/plans', {
        prompt: 'Add a login',
        repositories: [{ name: 'acme/shop' }],
      });

      const { failedMessages } = await drainQueue('plan');

      expect(prompted.status).toBe(201);
      expect(failedMessages).toEqual([]);
      expect(model.requests[0]?.authorization).toBe(`Bearer ${SECRETS.MODEL_API_KEY}`);
    });

    test('queue-reconcile activates the plan', async () => {
      await stage.send({ type: 'reconcile_plan', v: 1, plan });

      const { failedMessages } = await drainQueue('reconcile');

      const { body } = await sendAsUser('GET', `/v1/plans/${plan}`);
      expect(failedMessages).toEqual([]);
      expect(body.status).toBe('active');
    });

    test('queue-schedule reports for a ready task that the cloud has no launcher yet', async () => {
      // The tests below act as the pod of task one.
      const pod = await claimTask('one');
      await stage.send({ type: 'schedule', v: 1, tasks: [{ plan, run: 1, task: 'two' }] });

      const answer = await stage.deliver('schedule');

      const { body } = await sendAsUser('GET', `/v1/plans/${plan}/tasks/two`);
      expect(pod?.attemptId).toBe(`${plan}.r1.one.1`);
      expect(answer?.failedMessages).toEqual([]);
      expect(JSON.stringify(body)).toContain('LAUNCHER=kubernetes is not available yet');
    });

    test('http-attempt serves every call of a bridge', async () => {
      const attempt = `${plan}.r1.one.1`;
      const branch = `smol-gang/${plan}-r1/a/one-1`;
      const token = await signAttemptToken(access, attempt, Date.now() + 60_000);
      const callRoute = (route: string, body?: object) =>
        callFunction('http-attempt', {
          ...(body === undefined
            ? { method: 'POST', path: `/v1/attempts/${attempt}/${route}` }
            : createJsonInput('POST', `/v1/attempts/${attempt}/${route}`, body)),
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        });

      const started = await callRoute('start', { bridge: 'test' });
      const credentials = await callRoute('credentials');
      const heartbeat = await callRoute('heartbeat', {
        phase: 'agent',
        usage: USAGE,
        progressAt: Date.now(),
      });
      const transcript = await callRoute('transcript', {
        n: 1,
        entries: [{ at: Date.now(), kind: 'agent', text: 'Done.' }],
      });
      const commit = await forge.pushBranch(shop, branch, { 'one.txt': '1\n' });
      const checkpoint = await callRoute('checkpoint', { commit });
      const question = await callRoute('question', createQuestionBody());
      const reply = { text: 'yes', answers: 'q1' };
      const answered = await sendAsUser('POST', `/v1/plans/${plan}/tasks/one/messages`, reply);
      const result = await callRoute('result', createResultBody(commit, shop.main));

      expect(answered.status).toBe(201);
      const calls = { started, credentials, heartbeat, transcript, checkpoint, question, result };
      expect(Object.entries(calls).filter(([, { status }]) => status !== 200)).toEqual([]);
      expect(credentials.body.model).toMatchObject({ apiKey: SECRETS.MODEL_API_KEY });
    });

    test('queue-reconcile opens the pull request and merges it through the merge queue', async () => {
      await stage.send({ type: 'merge_queue', v: 1, plan, run: 1, repo: 'acme/shop' });

      // The forge computes the mergeability later, so a single pass over the queue is not enough.
      const failedMessages: unknown[] = [];
      const isMerged = async () => {
        failedMessages.push(...(await drainQueue('reconcile')).failedMessages);
        return (await countMergedPulls(`smol-gang/${plan}-r1/t/one`)) === 1;
      };
      await waitUntil('the merge of the task', isMerged, 40_000);

      expect(failedMessages).toEqual([]);
    });

    test('queue-reconcile requests another delivery of pod_ended without a launcher', async () => {
      await stage.send({ type: 'pod_ended', v: 1, attempt: `${plan}.r1.one.1` });

      const { failedMessages } = await drainQueue('reconcile');

      expect(failedMessages).toMatchObject([{ type: 'pod_ended' }]);
      expect(await stage.readOutput('queue-reconcile')).toContain('launcher_unknown');
    });

    test('hook-github enqueues one message for a repeated signed delivery, and rejects a forged delivery', async () => {
      const delivery = forge.deliveries.find(({ event }) => event === 'pull_request');
      const send = (body: string, signature: string) =>
        callFunction('hook-github', {
          ...createJsonInput('POST', '/v1/hooks/github', body),
          headers: {
            'content-type': 'application/json',
            'x-github-event': 'pull_request',
            'x-github-delivery': 'a-delivery',
            'x-hub-signature-256': signature,
          },
        });
      const body = delivery?.body ?? '';
      const signature = `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`;

      const answers = [
        await send(body, signature),
        await send(body, signature),
        await send(body, `sha256=${'0'.repeat(64)}`),
      ];
      const { messages, failedMessages } = await drainQueue('reconcile');

      expect(answers.map(({ status }) => status)).toEqual([202, 202, 401]);
      const changes = messages.filter((message) =>
        JSON.stringify(message).includes('"a-delivery"'),
      );
      expect(changes).toMatchObject([{ type: 'forge_changed', repo: 'acme/shop' }]);
      expect(failedMessages).toEqual([]);
    });

    test('the WebSocket functions and queue-push notify the watchers of a plan', async () => {
      const requestTicket = async () =>
        (await sendAsUser('POST', '/v1/socket-tickets')).body.ticket;
      const connect = (connectionId: string, ticket: string) =>
        stage.invoke('ws-connect', {
          headers: { 'Sec-WebSocket-Protocol': `smol-gang, ${ticket}` },
          requestContext: { routeKey: '$connect', connectionId },
        });
      const sendFrame = (connectionId: string, frame: object) =>
        stage.invoke('ws-default', {
          requestContext: { routeKey: '$default', connectionId },
          body: JSON.stringify(frame),
        });

      const rejected = await connect('c1', 'wrong');
      const connected = await connect('c1', String(await requestTicket()));
      await connect('c2', String(await requestTicket()));
      await sendFrame('c1', { type: 'ping', v: 1 });
      await sendFrame('c1', { type: 'subscribe', v: 1, plan });
      await sendFrame('c2', { type: 'subscribe', v: 1, plan });
      stage.closeConnection('c2');
      await drainQueue('push');
      await stage.send({ type: 'push', v: 1, plan });
      const pushDelivery = await stage.deliver('push');
      await sendFrame('c1', { type: 'unsubscribe', v: 1, plan });
      await sendFrame('c1', { type: 'subscribe', v: 1, plan });
      const disconnected = await stage.invoke('ws-disconnect', {
        requestContext: { routeKey: '$disconnect', connectionId: 'c1' },
      });

      expect(rejected).toEqual({ statusCode: 401 });
      expect(connected).toMatchObject({ statusCode: 200 });
      expect(disconnected).toEqual({ statusCode: 200 });
      expect(pushDelivery?.failedMessages).toEqual([]);
      const kinds = new Set(
        stage.frames.map(({ frame }) => z.object({ type: z.string() }).parse(frame).type),
      );
      expect([...kinds].toSorted()).toEqual(['changed', 'pong', 'subscribed']);
      expect((await stage.table.query(`WATCH#${plan}`)).items).toEqual([]);
    });

    test('cron-resync fails with launcher_unknown in the deployed environment, because the cloud has no launcher yet', async () => {
      const run = stage.invoke('cron-resync', {});

      await expect(run).rejects.toMatchObject({
        code: 'launcher_unknown',
        message: expect.stringContaining('LAUNCHER=kubernetes is not available yet'),
      });
      const output = await stage.readOutput('cron-resync');
      const failedParts = [...output.matchAll(/"part":"(\w+)"/g)].map(([, part]) => part);
      expect(failedParts).toEqual(['sweepPods']);
    });

    test('cron-resync runs all its parts with a launcher', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'smol-pods-'));
      const withLauncher = await stage.start('cron-resync', {
        LAUNCHER: 'process',
        LAUNCHER_DIR: folder,
      });
      try {
        expect(await withLauncher.process.invoke({})).toBe(null);
        expect(withLauncher.process.output).not.toContain('resync part failed');
      } finally {
        await withLauncher.close();
        await rm(folder, { recursive: true, force: true });
      }
    });

    test('http-doctor checks the parts of a cloud installation', async () => {
      model.listModels([{ id: 'big' }]);

      const { status, body } = await callFunction('http-doctor', {
        method: 'POST',
        path: '/v1/doctor',
        headers: { authorization: session },
      });

      const checks = z.array(z.object({ name: z.string(), state: z.string() })).parse(body.checks);
      const states = new Map(checks.map(({ name, state }) => [name, state]));
      expect(status).toBe(200);
      expect(states.get('store')).toBe('ok');
      expect(states.get('queue')).toBe('ok');
      expect(states.get('forge acme/shop')).toMatch(/ok|warning/);
      expect(states.get('disk')).toBe('skipped');
      expect(states.get('launcher')).toBe('failed');
      expect(model.requests.length).toBeGreaterThan(1);
    });

    async function callFunction(id: string, input: HttpInput) {
      const answer = answerSchema.parse(await stage.invoke(id, createLambdaHttpEvent(input)));
      const body = answer.body === '' ? {} : bodySchema.parse(JSON.parse(answer.body));
      return { status: answer.statusCode, body };
    }

    function sendAsUser(method: string, path: string, body?: object) {
      const headers = { authorization: session };
      const input =
        body === undefined
          ? { method, path, headers }
          : createJsonInput(method, path, body, headers);
      return callFunction('http-api', input);
    }

    /** Counts the merged pull requests of a branch. */
    async function countMergedPulls(branch: string): Promise<number> {
      const { body } = await forge.call(ADMIN_TOKEN, 'GET', '/repos/acme/shop/pulls?state=all');
      const pulls = z.array(pullSchema).parse(body);
      return pulls.filter((pull) => pull.head.ref === branch && pull.merged_at !== null).length;
    }

    /** Delivers all messages of a queue, including messages sent during the delivery. */
    async function drainQueue(queue: string) {
      const messages: unknown[] = [];
      const failedMessages: unknown[] = [];
      for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
        const delivered = await stage.deliver(queue);
        if (delivered === undefined) return { messages, failedMessages };
        messages.push(...delivered.messages);
        failedMessages.push(...delivered.failedMessages);
      }
      throw new Error(`the queue ${queue} is not empty after ${MAX_BATCHES} batches`);
    }

    /** Claims a task as the scheduler does, but with a fake launcher that starts nothing; returns the requested pod. */
    async function claimTask(task: string): Promise<PodSpec | undefined> {
      const pods: PodSpec[] = [];
      const engine = createEngineFixture({
        launcher: {
          ensure: async (spec) => {
            pods.push(spec);
            return { ...spec, uid: 'u', state: 'starting', startedAt: Date.now() };
          },
        },
      }).deps;
      const { table, queue } = stage;
      // The check of the base commit takes one slot, and the task of the plan the other.
      const settings = { ...engine.settings, caps: { system: 2, repository: 2, plan: 1 } };
      await scheduleTasks({ ...engine, settings, table, queue, clock: access.clock }, [
        { plan, run: 1, task },
      ]);
      return pods.find(({ attemptId }) => attemptId.startsWith(`${plan}.`));
    }

    test('the guard rejected no call, every configuration was valid, and no output contains a secret', async () => {
      const outputs = await Promise.all(HANDLED_FUNCTIONS.map((id) => stage.readOutput(id)));

      for (const output of outputs) {
        expect(output).not.toContain('no statement of the role allows');
        expect(output).not.toContain('the configuration is not valid');
        for (const secret of Object.values(SECRETS)) expect(output).not.toContain(secret);
      }
    });
  },
);

const HANDLED_FUNCTIONS = HANDLERS.map(toFunctionId);
const MAX_BATCHES = 30;
const answerSchema = z.object({ statusCode: z.number(), body: z.string().default('') });
const pullSchema = z.object({
  head: z.object({ ref: z.string() }),
  merged_at: z.string().nullable(),
});
const bodySchema = z.record(z.string(), z.unknown());
