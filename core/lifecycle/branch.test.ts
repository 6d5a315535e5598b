import { expect, test } from 'vitest';
import { attemptBranch, parseBranch, rootBranch, scratchBranch, taskBranch } from './branch.ts';

const KEY = { plan: 'p3k9m2x7abc', run: 2, task: 'add-login' };

test('names carry plan, run and task, and none lies below another', () => {
  const names = [
    rootBranch('smol-gang', KEY),
    taskBranch('smol-gang', KEY),
    taskBranch('smol-gang', KEY, { begun: 4 }),
    attemptBranch('smol-gang', { ...KEY, n: 4 }),
    scratchBranch('smol-gang', KEY),
  ];

  expect(names).toEqual([
    'smol-gang/p3k9m2x7abc-r2/root',
    'smol-gang/p3k9m2x7abc-r2/t/add-login',
    'smol-gang/p3k9m2x7abc-r2/t/add-login.4',
    'smol-gang/p3k9m2x7abc-r2/a/add-login-4',
    'smol-gang/p3k9m2x7abc-r2/s/add-login',
  ]);
  for (const name of names) expect(names.some((other) => other.startsWith(`${name}/`))).toBe(false);
});

test('whose branch it is, is read back from its name', () => {
  const { plan, run } = KEY;

  expect(parseBranch('smol-gang', rootBranch('smol-gang', KEY))).toEqual({
    plan,
    run,
    kind: 'root',
  });
  for (const end of [undefined, { begun: 12 }])
    expect(parseBranch('smol-gang', taskBranch('smol-gang', KEY, end))).toEqual({
      ...KEY,
      kind: 'task',
    });
  expect(parseBranch('smol-gang', attemptBranch('smol-gang', { ...KEY, n: 1 }))).toEqual({
    plan,
    run,
    kind: 'other',
  });
});

test('a prefix of several parts is a prefix like any other', () => {
  const branch = taskBranch('bots/smol-gang', KEY);

  expect(parseBranch('bots/smol-gang', branch)).toEqual({ ...KEY, kind: 'task' });
  expect(parseBranch('smol-gang', branch)).toBeUndefined();
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
])('%s is none of ours', (branch) => {
  expect(parseBranch('smol-gang', branch)).toBeUndefined();
});
