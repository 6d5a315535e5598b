import { expect, test } from 'vitest';
import type { Waiting } from '../../core/contract/waiting.ts';
import {
  APPROVAL,
  createPlanFixture,
  createTaskFixture,
  NOW,
  PLAN_ID,
} from '../../test/support/cli/plan-fixture.ts';
import { measureLine, renderLines } from './layout/line.ts';
import { renderPlan } from './render-plan.ts';

function renderPlainLines(...args: Parameters<typeof renderPlan>): string[] {
  return renderLines(renderPlan(...args), { colour: false });
}

const BLOCKED: Waiting = {
  kind: 'unblock',
  plan: PLAN_ID,
  task: 'add-routes',
  actions: ['retry', 'cancel'],
};
const OPTIONS = { now: NOW, width: 100 };
const TASKS = [
  createTaskFixture({
    id: 'add-store',
    status: 'merged',
    attempt: 2,
    startedAt: NOW - 100_000,
    finishedAt: NOW - 38_000,
    usage: { inputTokens: 12_000, outputTokens: 1_200, usd: null, turns: 3 },
    pullRequest: { number: 12, url: 'http://forge/12' },
  }),
  createTaskFixture({
    id: 'add-routes',
    ordinal: 2,
    wave: 2,
    status: 'blocked',
    attempt: 3,
    startedAt: NOW - 30_000,
    reason: 'the forge refuses:\nreviews are required',
    waiting: BLOCKED,
  }),
  createTaskFixture({ id: 'join-1', ordinal: 3, kind: 'join', wave: 2, dependsOn: ['add-store'] }),
  createTaskFixture({ id: 'document', ordinal: 4, wave: 3, dependsOn: ['add-routes'] }),
  createTaskFixture({ id: 'end', ordinal: 5, kind: 'end', wave: 4, dependsOn: ['document'] }),
];

test('a task is shown with state, attempt, pull request, time, tokens and cost', () => {
  const line = renderPlainLines(createPlanFixture(), TASKS, OPTIONS).find((text) =>
    text.includes('add-store'),
  );

  expect(line).toMatch(/✓ +add-store .* merged +attempt 2 +#12 +1m 02s +13\.2k +unknown$/);
});

test('a pending task names its dependencies, a blocked task its reason', () => {
  const lines = renderPlainLines(createPlanFixture(), TASKS, OPTIONS);

  expect(lines.find((line) => line.includes('  document'))).toContain('after add-routes');
  expect(lines).toContain('    └ the forge refuses: reviews are required');
});

test('everything that waits for a person is shown once, with its command', () => {
  const command = `smol-gang plan approve ${PLAN_ID}`;
  const plan = createPlanFixture({ waiting: [APPROVAL, BLOCKED] });

  const lines = renderPlainLines(plan, TASKS, OPTIONS);

  expect(lines).toContain(`    ${command}`);
  expect(
    lines.filter((line) => line.trim() === `smol-gang task retry ${PLAN_ID} add-routes`),
  ).toHaveLength(1);
});

test('joins are hidden, and the end node stands for all tasks together', () => {
  const lines = renderPlainLines(createPlanFixture(), TASKS, OPTIONS);

  expect(lines.some((line) => line.includes('join-1'))).toBe(false);
  expect(lines[lines.indexOf('end') + 1]).toContain('All tasks together');
});

test('the view of a plan with a single task names no waves', () => {
  const task = createTaskFixture({
    id: 'do-it',
    status: 'working',
    attempt: 1,
    startedAt: NOW - 5_000,
  });

  expect(renderPlainLines(createPlanFixture(), [task], OPTIONS).join('\n')).not.toContain('wave');
});

test('a plan shows its stage during planning, and its reason after a failure', () => {
  const planning = createPlanFixture({
    status: 'planning',
    stage: 'reading the repository',
    counts: {},
  });
  const failed = createPlanFixture({ status: 'failed', reason: 'the model answered no plan' });

  expect(renderPlainLines(planning, [], OPTIONS).join('\n')).toContain('reading the repository');
  expect(renderPlainLines(failed, [], OPTIONS).join('\n')).toContain('the model answered no plan');
});

test('control characters in titles and reasons cannot leave their line', () => {
  const task = createTaskFixture({
    id: 'evil',
    status: 'failed',
    title: '\u001b[2J\u001b[H\nall is well 👍',
    reason: '\u001b]0;owned\u0007nothing\rto see',
  });

  const lines = renderPlainLines(createPlanFixture({ title: 'a\u001b[31m\nb' }), [task], OPTIONS);

  expect(lines.join('')).not.toMatch(/\p{Cc}/u);
  expect(lines[0]).toContain('a b');
});

test('a narrow view still shows the tasks, and from 79 columns no line of a task is too wide', () => {
  for (const width of [40, 79, 87, 88, 100]) {
    const lines = renderPlan(createPlanFixture({ waiting: [] }), [...TASKS], { now: NOW, width });
    const tasks = lines.filter((line) =>
      /add-store|document/.test(renderLines([line], { colour: false })[0] ?? ''),
    );
    expect(tasks).not.toEqual([]);
    if (width >= 79) expect(Math.max(...tasks.map(measureLine))).toBeLessThanOrEqual(width);
  }
});

test('with few rows, tasks that need a person are shown and hidden tasks are counted', () => {
  const otherTasks = Array.from({ length: 200 }, (_, index) =>
    createTaskFixture({
      id: `task-${index}`,
      ordinal: index + 10,
      status: index < 50 ? 'merged' : 'pending',
    }),
  );

  const lines = renderPlainLines(createPlanFixture(), [...TASKS, ...otherTasks], {
    ...OPTIONS,
    maxTaskRows: 12,
  });

  expect(lines.some((line) => line.includes('add-routes'))).toBe(true);
  expect(lines.find((line) => line.includes('more task'))).toMatch(/… \d+ more tasks: .*pending/);
  expect(lines.filter((line) => /^ {2}[✓■·] /.test(line)).length).toBeLessThanOrEqual(11);
});

test('a base commit is shown during its verification, and with its logs if the verification is red', () => {
  const base = { repo: 'acme/shop', commit: 'c'.repeat(40), check: 'p0123456789' };
  const render = (status: 'checking' | 'red' | 'green') =>
    renderPlainLines(createPlanFixture({ base: [{ ...base, status }] }), [], OPTIONS);

  expect(render('checking')).toContain(
    '◌ verifying the base commit ccccccc of acme/shop · tasks start once it is green',
  );
  expect(render('red')).toContain('✗ verification fails on the base commit ccccccc of acme/shop');
  expect(render('red')).toContain('    smol-gang task logs p0123456789 base');
  expect(render('green').join('\n')).not.toContain('base commit');
});
