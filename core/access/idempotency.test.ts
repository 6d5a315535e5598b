import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planIdSchema } from '../contract/id.ts';
import { bodyHash, idempotentId, requireSameBody } from './idempotency.ts';

test('the id follows from user, route and key, and from each of them', () => {
  const id = idempotentId('ann', 'createPlan', 'k1');
  expect(planIdSchema.safeParse(`p${id}`).success).toBe(true);
  expect(idempotentId('ann', 'createPlan', 'k1')).toBe(id);
  const others = [
    idempotentId('bob', 'createPlan', 'k1'),
    idempotentId('ann', 'sendMessage', 'k1'),
    idempotentId('ann', 'createPlan', 'k2'),
    idempotentId('anncreatePlan', '', 'k1'),
  ];
  expect(new Set([id, ...others]).size).toBe(5);
});

test('any text gives an id of the alphabet', async () => {
  await fc.assert(
    fc.property(fc.string(), fc.string(), (user, key) =>
      /^[ab]{20}$/.test(idempotentId(user, 'route', key, 'ab', 20)),
    ),
  );
});

test('the order of keys makes no other body, a changed value does', () => {
  const body = { prompt: 'x', repositories: [{ name: 'a/b', base: 'main' }], title: undefined };
  const same = { repositories: [{ base: 'main', name: 'a/b' }], prompt: 'x' };
  expect(bodyHash(same)).toBe(bodyHash(body));
  expect(() => requireSameBody(bodyHash(same), bodyHash(body))).not.toThrow();
  for (const other of [
    { ...body, prompt: 'y' },
    { ...body, repositories: [] },
    {},
    null,
    undefined,
  ])
    expect(() => requireSameBody(bodyHash(body), bodyHash(other))).toThrow('another body');
  expect(() => requireSameBody(undefined, bodyHash(body))).toThrow('another body');
});
