import type { SQSEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import type { ErrorKind } from '../core/base/app-error.ts';
import { AppError } from '../core/base/app-error.ts';
import { errorBodySchema } from '../core/contract/routes/route.ts';
import { runBatch, toHttpError } from './edge.ts';
import { createLog } from './log.ts';

const NOW_MS = 1_900_000_000_000;

function createCapturedLog() {
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line), now: () => NOW_MS });
  return { log, lines };
}

describe('toHttpError', () => {
  test.each<[ErrorKind, string, number]>([
    ['invalid', 'invalid_request', 400],
    ['invalid', 'unsupported_content_type', 415],
    ['invalid', 'idempotency_key_reused', 422],
    ['invalid', 'method_not_allowed', 405],
    ['auth', 'unauthorized', 401],
    ['auth', 'forbidden', 403],
    ['auth', 'forge_credential', 422],
    ['auth', 'repository_read_only', 422],
    ['notFound', 'plan_not_found', 404],
    ['conflict', 'revision_changed', 409],
    ['limited', 'too_many_logins', 429],
    ['limited', 'body_too_large', 413],
    ['refused', 'protected_branch', 422],
    ['paused', 'rate_limited', 503],
    ['transient', 'network', 503],
    ['bug', 'internal', 500],
  ])('converts an error of kind %s with code %s to status %i', (kind, code, status) => {
    const response = toHttpError(new AppError(kind, code, 'why'), 'r-1', NOW_MS);
    expect(response.status).toBe(status);
    expect(errorBodySchema.parse(response.body).error).toMatchObject({ code, requestId: 'r-1' });
  });

  test('sets Retry-After to the seconds until the end of the pause, at least 1', () => {
    const details = { until: NOW_MS + 61_500 };
    const paused = new AppError('paused', 'rate_limited', 'wait', { details });
    expect(toHttpError(paused, 'r', NOW_MS).headers).toEqual({ 'retry-after': '62' });
    expect(toHttpError(paused, 'r', NOW_MS + 100_000).headers).toEqual({ 'retry-after': '1' });
  });

  test('reveals no detail of a bug', () => {
    const bug = new AppError('bug', 'bad_answer', 'password is 123', { details: { sql: 1 } });
    for (const error of [bug, new TypeError('password is 123'), 'password is 123', undefined]) {
      const { status, body } = toHttpError(error, 'r', NOW_MS);
      expect(status).toBe(500);
      expect(body.error.code).toBe('internal');
      expect(JSON.stringify(body)).not.toMatch(/123|sql/);
    }
  });
});

describe('runBatch', () => {
  const plan = { type: 'plan', v: 1, plan: 'p3k9m2x7abc' };

  function createEvent(bodies: readonly string[]): SQSEvent {
    const Records = bodies.map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: 'h',
      body,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: 's',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn',
      awsRegion: 'us-east-1',
    }));
    return { Records };
  }

  async function runFailingMessage(error: unknown) {
    const { log, lines } = createCapturedLog();
    const handle = async () => {
      throw error;
    };
    const { batchItemFailures } = await runBatch(createEvent([JSON.stringify(plan)]), handle, log);
    return { retried: batchItemFailures.length === 1, lines };
  }

  test.each<[ErrorKind, boolean]>([
    ['invalid', false],
    ['auth', true],
    ['notFound', false],
    ['conflict', false],
    ['limited', true],
    ['paused', true],
    ['refused', false],
    ['transient', true],
    ['bug', true],
  ])(
    'requests another delivery of a message after an error of kind %s: %s',
    async (kind, retried) => {
      const result = await runFailingMessage(new AppError(kind, 'code', 'why'));
      expect(result.retried).toBe(retried);
      expect(result.lines.join()).toContain(retried ? 'retrying' : 'dropped');
    },
  );

  test('requests another delivery after an unknown error and logs the error', async () => {
    const result = await runFailingMessage(new TypeError('oops'));
    expect(result.retried).toBe(true);
    expect(result.lines.join()).toMatch(/"level":"error".*oops/);
  });

  test('requests another delivery of failed messages only and drops invalid messages', async () => {
    const { log, lines } = createCapturedLog();
    const handledPlans: string[] = [];
    const invalidBodies = ['not json', JSON.stringify({ ...plan, v: 2 }), '{"type":"nope"}'];
    const validBodies = ['p1', 'p2', 'p3'].map((id) => JSON.stringify({ ...plan, plan: id }));
    const result = await runBatch(
      createEvent([...invalidBodies, ...validBodies]),
      async (message) => {
        if (message.type !== 'plan') return;
        handledPlans.push(message.plan);
        if (message.plan === 'p2') throw new AppError('transient', 'network', 'gone');
      },
      log,
    );
    expect(handledPlans.toSorted()).toEqual(['p1', 'p2', 'p3']);
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: 'm4' }] });
    expect(lines.filter((line) => line.includes('message is not valid'))).toHaveLength(3);
  });
});
