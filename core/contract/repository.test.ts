import { expect, test } from 'vitest';
import { linkRepositorySchema } from './repository.ts';

test.each(['../x', 'x/..', './x', 'x/.', '..', 'a/b/c', '/b', 'a/'])(
  'rejects the repository name "%s"',
  (name) => {
    expect(linkRepositorySchema.safeParse({ name }).success).toBe(false);
  },
);

test.each(['acme/shop', 'acme/.github', 'a.b/c..d', 'acme/...'])(
  'accepts the repository name "%s"',
  (name) => {
    expect(linkRepositorySchema.safeParse({ name }).success).toBe(true);
  },
);
