import { expect, test } from 'vitest';
import {
  branchPrefixSchema,
  branchSchema,
  formatAttemptBranch,
  formatRootBranch,
  formatScratchBranch,
  formatTaskBranch,
  parseBranchName,
} from './id.ts';

/** Selects the branch of an `end` node, which has a new branch for each of its pull requests. */
const END_NODE = { firstAttempt: 12 };
const KEY = { plan: 'p3k9m2x7abc', run: 2, task: 'add-login' };

test('branch names contain plan, run and task, and no branch is a path prefix of another', () => {
  const names = [
    formatRootBranch('smol-gang', KEY),
    formatTaskBranch('smol-gang', KEY),
    formatTaskBranch('smol-gang', KEY, END_NODE),
    formatAttemptBranch('smol-gang', { ...KEY, attemptNumber: 4 }),
    formatScratchBranch('smol-gang', KEY),
  ];

  expect(names).toEqual([
    'smol-gang/p3k9m2x7abc-r2/root',
    'smol-gang/p3k9m2x7abc-r2/t/add-login',
    'smol-gang/p3k9m2x7abc-r2/t/add-login.12',
    'smol-gang/p3k9m2x7abc-r2/a/add-login-4',
    'smol-gang/p3k9m2x7abc-r2/s/add-login',
  ]);
  for (const name of names) expect(names.some((other) => other.startsWith(`${name}/`))).toBe(false);
});

test('parses plan, run and task from a branch name', () => {
  const { plan, run } = KEY;

  expect(parseBranchName('smol-gang', formatRootBranch('smol-gang', KEY))).toEqual({
    plan,
    run,
    kind: 'root',
  });
  for (const endNode of [undefined, END_NODE])
    expect(parseBranchName('smol-gang', formatTaskBranch('smol-gang', KEY, endNode))).toEqual({
      ...KEY,
      kind: 'task',
    });
  expect(
    parseBranchName('smol-gang', formatAttemptBranch('smol-gang', { ...KEY, attemptNumber: 1 })),
  ).toEqual({
    plan,
    run,
    kind: 'other',
  });
});

test('accepts a prefix with several path segments', () => {
  const branch = formatTaskBranch('bots/smol-gang', KEY);

  expect(parseBranchName('bots/smol-gang', branch)).toEqual({ ...KEY, kind: 'task' });
  expect(parseBranchName('smol-gang', branch)).toBeUndefined();
});

test.each([
  'main',
  'smol-gang',
  'smol-gang/',
  'smol-gang/p3k9m2x7abc-r2',
  'smol-gang/p3k9m2x7abc-r2/rooted',
  'smol-gang/p3k9m2x7abc-r2/t/',
  'smol-gang/p3k9m2x7abc-r2/t/Add-Login',
  'smol-gang/p3k9m2x7abc-r2/t/a/b',
  'smol-gang/p3k9m2x7abc-rx/root',
  'smol-gang/q3k9m2x7abc-r2/root',
  'smol-gangster/p3k9m2x7abc-r2/root',
])('does not take "%s" for a branch of the platform', (branch) => {
  expect(parseBranchName('smol-gang', branch)).toBeUndefined();
});

test.each(['main', 'grün/fix#12', "it's/(a)&b", '日本語', 'a@b', 'a.lock.b'])(
  'accepts the branch name %s',
  (branch) => {
    expect(branchSchema.safeParse(branch).success).toBe(true);
  },
);

test.each([
  '',
  '@',
  '-a',
  '.a',
  'a/.b',
  'a..b',
  'a//b',
  '/a',
  'a/',
  'a.',
  'a.lock',
  'a.lock/b',
  'a@{1}',
  'a b',
  'a~1',
  'a^',
  'a:b',
  'a?',
  'a*',
  'a[b',
  'a\\b',
  'a\u0000b',
  'a\u007f',
  'ü'.repeat(101),
])('rejects the branch name %j', (branch) => {
  expect(branchSchema.safeParse(branch).success).toBe(false);
});

test('rejects a branch prefix with characters of a URL or a shell', () => {
  expect(branchPrefixSchema.safeParse('bots/smol-gang').success).toBe(true);
  for (const prefix of ['a#b', 'grün', "a'b"])
    expect(branchPrefixSchema.safeParse(prefix).success).toBe(false);
});
