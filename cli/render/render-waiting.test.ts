import { expect, test } from 'vitest';
import type { Waiting } from '../../core/contract/waiting.ts';
import { APPROVAL, NOW, PLAN_ID } from '../../test/support/cli/plan-fixture.ts';
import { describeWaiting, getWaitingCommand } from './render-waiting.ts';

const PULL = { repo: 'acme/shop', number: 7, url: 'http://forge/7' };
const MERGE_WAITING = {
  kind: 'merge',
  plan: PLAN_ID,
  repo: 'acme/shop',
  branch: 'smol-gang/p-r1/root',
  base: 'main',
  number: 20,
  url: 'http://forge/20',
  actions: ['merge'],
} as const;

const CASES: readonly (readonly [Waiting, string, string])[] = [
  [APPROVAL, 'approve revision 1 of the plan', `smol-gang plan approve ${PLAN_ID}`],
  [
    {
      kind: 'answer',
      plan: PLAN_ID,
      task: 'a',
      question: 'q1',
      until: NOW,
      reason: 'Which colour?',
      actions: ['answer'],
    },
    'a: answer its agent: Which colour?',
    `smol-gang task answer ${PLAN_ID} a "..."`,
  ],
  [
    {
      kind: 'no_change',
      plan: PLAN_ID,
      task: 'a',
      uncommitted: [{ folder: 'build', count: 2, cause: 'ignored', examples: ['build/x'] }],
      actions: ['approve'],
    },
    'a: nothing was changed; accept the task without changes, or request changes. Not committed: 2 files in build/ (ignored by git), for example build/x',
    `smol-gang task approve ${PLAN_ID} a`,
  ],
  [
    { kind: 'review', plan: PLAN_ID, task: 'a', pull: PULL, actions: ['approve'] },
    'a: review pull request #7 (http://forge/7)',
    `smol-gang task approve ${PLAN_ID} a`,
  ],
  [
    {
      kind: 'base_red',
      plan: PLAN_ID,
      repo: 'acme/shop',
      commit: 'c'.repeat(40),
      check: 'pcheck00000',
      reason: 'verification failed: npm test ended with exit code 1',
      actions: ['continue', 'verify_again', 'restart', 'cancel'],
    },
    'the base commit ccccccc of acme/shop fails verification before any change, so no task starts: verification failed: npm test ended with exit code 1',
    `smol-gang plan base ${PLAN_ID} --continue`,
  ],
  [
    {
      kind: 'base_checking',
      plan: PLAN_ID,
      repo: 'acme/shop',
      commit: 'c'.repeat(40),
      check: 'pcheck00000',
      actions: ['continue'],
    },
    'the base commit ccccccc of acme/shop is being verified; tasks start once it is green',
    `smol-gang plan base ${PLAN_ID} --continue`,
  ],
  [
    {
      kind: 'checks',
      plan: PLAN_ID,
      task: 'a',
      checks: ['deploy gate'],
      pull: PULL,
      actions: ['request_changes'],
    },
    'pull request #7 (http://forge/7): deploy gate',
    `smol-gang task request-changes ${PLAN_ID} a "..."`,
  ],
  [
    {
      kind: 'retry',
      plan: PLAN_ID,
      task: 'a',
      outcome: 'failed',
      reason: 'red',
      actions: ['retry'],
    },
    'a failed: red',
    `smol-gang task retry ${PLAN_ID} a`,
  ],
  [
    { kind: 'retry', plan: PLAN_ID, task: 'a', outcome: 'cancelled', actions: ['retry'] },
    'a was cancelled, and the plan cannot complete without it',
    `smol-gang task retry ${PLAN_ID} a`,
  ],
  [
    { kind: 'retry', plan: PLAN_ID, outcome: 'failed', reason: 'no graph', actions: ['restart'] },
    'the plan failed: no graph',
    `smol-gang plan restart ${PLAN_ID}`,
  ],
  [
    { kind: 'unblock', plan: PLAN_ID, task: 'a', reason: 'a rule', actions: ['retry'] },
    'a: blocked: a rule',
    `smol-gang task retry ${PLAN_ID} a`,
  ],
  [
    { ...MERGE_WAITING, forge: 'local', actions: ['merge'] },
    'review and merge pull request #20 (http://forge/20) into main',
    'git merge smol-gang/p-r1/root',
  ],
  [
    { ...MERGE_WAITING, forge: 'local', path: '/home/ada/my shop', actions: ['merge'] },
    'into main',
    "git -C '/home/ada/my shop' merge smol-gang/p-r1/root",
  ],
  [
    {
      ...MERGE_WAITING,
      forge: 'local',
      path: '/src/shop',
      base: 'fix#12',
      problem: { kind: 'conflict', files: ['a.ts'] },
      actions: ['merge'],
    },
    'resolve its conflict in a.ts',
    "git -C /src/shop switch 'fix#12' && git -C /src/shop merge smol-gang/p-r1/root",
  ],
  [
    { ...MERGE_WAITING, forge: 'github', actions: ['merge'] },
    'into main',
    'gh pr merge http://forge/20',
  ],
  [
    {
      kind: 'budget',
      plan: PLAN_ID,
      usedTokens: 12_000,
      usedUsd: 2.5,
      maxTokens: 10_000,
      maxUsd: 3,
      actions: ['raise_budget'],
    },
    'the budget is used up ($2.50 of $3.00, 12k of 10k tokens)',
    `smol-gang plan budget ${PLAN_ID} --max-tokens 20000 --max-usd 6`,
  ],
  [
    {
      kind: 'budget',
      plan: PLAN_ID,
      usedTokens: 6_311,
      usedUsd: 0.0407,
      maxTokens: 1_500,
      maxUsd: 0.01,
      actions: ['raise_budget'],
    },
    'the budget is used up',
    `smol-gang plan budget ${PLAN_ID} --max-tokens 9500 --max-usd 0.062`,
  ],
  [
    { kind: 'conversation', plan: PLAN_ID, task: 'main', actions: ['message', 'finish'] },
    `end the conversation with \`smol-gang task finish ${PLAN_ID} main\``,
    `smol-gang task message ${PLAN_ID} main "..."`,
  ],
  [
    { kind: 'model', plan: PLAN_ID, until: NOW, reason: 'quota', actions: ['recover'] },
    'then the plan continues by itself: quota',
    `smol-gang recover ${PLAN_ID}`,
  ],
];

const ROWS = CASES.map(([waiting, sentence, command]) => ({ waiting, sentence, command }));

test.each(ROWS)('"$sentence" has the command "$command"', ({ waiting, sentence, command }) => {
  expect(describeWaiting(waiting)).toContain(sentence);
  expect(getWaitingCommand(waiting)).toBe(command);
});
