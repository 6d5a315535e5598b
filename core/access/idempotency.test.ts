import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planIdSchema } from '../contract/id.ts';
import { deriveIdempotentId, hashBody, requireSameBody } from './idempotency.ts';

test('the derived id depends on the user, the route and the key', () => {
  const id = deriveIdempotentId('ann', 'createPlan', 'k1');
  expect(planIdSchema.safeParse(`p${id}`).success).toBe(true);
  expect(deriveIdempotentId('ann', 'createPlan', 'k1')).toBe(id);
  const others = [
    deriveIdempotentId('bob', 'createPlan', 'k1'),
    deriveIdempotentId('ann', 'sendMessage', 'k1'),
    deriveIdempotentId('ann', 'createPlan', 'k2'),
    deriveIdempotentId('anncreatePlan', '', 'k1'),
  ];
  expect(new Set([id, ...others]).size).toBe(5);
});

test('the derived id has the requested length and alphabet for any input', async () => {
  await fc.assert(
    fc.property(fc.string(), fc.string(), (user, key) =>
      /^[ab]{20}$/.test(deriveIdempotentId(user, 'route', key, 'ab', 20)),
    ),
  );
});

test('rejects a repeated key with a changed body, but accepts the same body with reordered fields', () => {
  const body = { prompt: 'x', repositories: [{ name: 'a/b', base: 'main' }], title: undefined };
  const reordered = { repositories: [{ base: 'main', name: 'a/b' }], prompt: 'x' };
  expect(hashBody(reordered)).toBe(hashBody(body));
  expect(() => requireSameBody(hashBody(reordered), hashBody(body))).not.toThrow();
  for (const other of [
    { ...body, prompt: 'y' },
    { ...body, repositories: [] },
    {},
    null,
    undefined,
  ])
    expect(() => requireSameBody(hashBody(body), hashBody(other))).toThrow('another body');
  expect(() => requireSameBody(undefined, hashBody(body))).toThrow('another body');
});
