import { expect, test } from 'vitest';
import { ATTEMPT_API } from './api.ts';
import { ATTEMPT_CALLBACK_PATHS, buildCallbackPath } from './bridge.ts';

test('every attempt route is a POST route at the callback path of the same name', () => {
  const routes = Object.entries(ATTEMPT_API).map(([name, route]) => [name, route.path]);

  expect(Object.fromEntries(routes)).toEqual(ATTEMPT_CALLBACK_PATHS);
  expect(Object.values(ATTEMPT_API).map((route) => route.method)).toEqual(routes.map(() => 'POST'));
});

test('the path of a callback contains the encoded attempt id', () => {
  expect(buildCallbackPath('heartbeat', 'p0123456789.r1.a.1')).toBe(
    '/v1/attempts/p0123456789.r1.a.1/heartbeat',
  );
  expect(buildCallbackPath('start', 'a/../b')).toBe('/v1/attempts/a%2F..%2Fb/start');
});
