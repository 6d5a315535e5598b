import { expect, test } from 'vitest';
import { isAppError } from '../core/base/app-error.ts';
import type { LambdaHandler } from './lambda-handler.ts';
import { invokeLambda, loadHandler } from './lambda-handler.ts';

function invokeHandler(handler: LambdaHandler, event: object = {}, timeoutMs = 1_000) {
  return invokeLambda({ name: 'tiny', handler, timeoutMs }, event);
}

test('event and result pass as JSON, so that neither side shares an object with the other', async () => {
  const event = { at: new Date(0), list: [1], gone: undefined };
  const seen: unknown[] = [];

  const result = await invokeHandler((given) => {
    seen.push(given);
    return given;
  }, event);

  expect(seen).toStrictEqual([{ at: '1970-01-01T00:00:00.000Z', list: [1] }]);
  expect(result).toStrictEqual(seen[0]);
  expect(result).not.toBe(seen[0]);
});

test('no result is null, as it is for Lambda', async () => {
  expect(await invokeHandler(() => undefined)).toBeNull();
});

test('the context tells a request id and the time that is left', async () => {
  const result = await invokeHandler((_event, context) => ({
    id: context.awsRequestId,
    name: context.functionName,
    left: context.getRemainingTimeInMillis(),
  }));

  expect(result).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: 'tiny' });
  expect(result).toHaveProperty(
    'left',
    expect.toSatisfy((left) => left > 900 && left <= 1_000),
  );
});

test.each([
  [
    'synchronously',
    () => {
      throw new Error('broken');
    },
  ],
  ['later', () => Promise.reject(new Error('broken'))],
])('what a handler throws %s comes through', async (_name, handler) => {
  await expect(invokeHandler(handler)).rejects.toThrow('broken');
});

test('a handler that takes longer than its time is given up', async () => {
  const never = invokeHandler(() => new Promise(() => undefined), {}, 20);

  await expect(never).rejects.toSatisfy((error) =>
    isAppError(error, 'transient', 'function_timeout'),
  );
});

test('an event or a result over 6 MB is refused', async () => {
  const large = 'x'.repeat(6 * 1024 * 1024);

  await expect(invokeHandler(() => null, { large })).rejects.toSatisfy((error) =>
    isAppError(error, 'limited', 'payload_too_large'),
  );
  await expect(invokeHandler(() => large)).rejects.toSatisfy((error) =>
    isAppError(error, 'bug', 'response_too_large'),
  );
});

test('a module without a handler is named', async () => {
  await expect(loadHandler('core/base/app-error.ts')).rejects.toThrow(
    'core/base/app-error.ts exports no function',
  );
});
