import { expect, test } from 'vitest';
import { isAppError } from '../core/base/app-error.ts';
import type { LambdaHandler } from './lambda-handler.ts';
import { invokeLambda, loadHandler } from './lambda-handler.ts';

function invokeHandler(handler: LambdaHandler, event: object = {}, timeoutMs = 1_000) {
  return invokeLambda({ name: 'tiny', handler, timeoutMs }, event);
}

test('invokeLambda passes event and result as JSON copies', async () => {
  const event = { at: new Date(0), list: [1], gone: undefined };
  const received: unknown[] = [];

  const result = await invokeHandler((event) => {
    received.push(event);
    return event;
  }, event);

  expect(received).toStrictEqual([{ at: '1970-01-01T00:00:00.000Z', list: [1] }]);
  expect(result).toStrictEqual(received[0]);
  expect(result).not.toBe(received[0]);
});

test('invokeLambda returns null for a missing result, like AWS Lambda', async () => {
  expect(await invokeHandler(() => undefined)).toBeNull();
});

test('the context of an invocation contains a request id and the remaining time', async () => {
  const result = await invokeHandler((_event, context) => ({
    id: context.awsRequestId,
    name: context.functionName,
    remainingMs: context.getRemainingTimeInMillis(),
  }));

  expect(result).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: 'tiny' });
  expect(result).toHaveProperty(
    'remainingMs',
    expect.toSatisfy((remainingMs) => remainingMs > 900 && remainingMs <= 1_000),
  );
});

test.each([
  [
    'synchronously',
    () => {
      throw new Error('broken');
    },
  ],
  ['asynchronously', () => Promise.reject(new Error('broken'))],
])('invokeLambda rejects with the error that a handler throws %s', async (_name, handler) => {
  await expect(invokeHandler(handler)).rejects.toThrow('broken');
});

test('invokeLambda throws after the time limit of a handler', async () => {
  const invocation = invokeHandler(() => new Promise(() => undefined), {}, 20);

  await expect(invocation).rejects.toSatisfy((error) =>
    isAppError(error, 'transient', 'function_timeout'),
  );
});

test('invokeLambda rejects an event or a result larger than 6 MB', async () => {
  const large = 'x'.repeat(6 * 1024 * 1024);

  await expect(invokeHandler(() => null, { large })).rejects.toSatisfy((error) =>
    isAppError(error, 'limited', 'payload_too_large'),
  );
  await expect(invokeHandler(() => large)).rejects.toSatisfy((error) =>
    isAppError(error, 'bug', 'response_too_large'),
  );
});

test('loadHandler throws an error that names the module without a handler', async () => {
  await expect(loadHandler('core/base/app-error.ts')).rejects.toThrow(
    'core/base/app-error.ts exports no function',
  );
});
