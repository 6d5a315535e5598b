import { expect, test } from 'vitest';
import type { Flag } from '../../core/contract/flag.ts';
import { summariseFlags } from '../../core/contract/flag.ts';
import { createTaskFixture, NOW } from '../../test/support/cli/plan-fixture.ts';
import type { Line } from './layout/line.ts';
import { renderLines } from './layout/line.ts';
import { renderAttention, renderTaskFlags } from './render-flags.ts';
import { renderTasks } from './render-tasks.ts';

const FLAGS: readonly Flag[] = [
  { path: '.github/ci.yml', why: 'changes CI', kind: 'ci' },
  ...Array.from({ length: 6 }, (_, index) => ({
    path: `docs/${index}.md`,
    why: 'outside the scope of the task',
    kind: 'out_of_scope' as const,
  })),
];
const SUMMARY = summariseFlags(FLAGS);
const FLAGGED_TASK = createTaskFixture({ id: 'login', flags: SUMMARY });

function toText(lines: readonly Line[]): string {
  return renderLines(lines, { colour: false }).join('\n');
}

test('a status lists the number of flagged paths by kind below the task', () => {
  const lines = renderTasks([FLAGGED_TASK], { now: NOW, width: 100 });

  expect(toText(lines)).toContain('! 7 paths to look at: 1 CI, 6 out of scope');
});

test('the details of a task list its flags, the worst first', () => {
  const text = toText(renderTaskFlags(SUMMARY, FLAGS, 100));

  expect(text).toContain('! 7 paths to look at');
  expect(text).toContain('.github/ci.yml: changes CI');
  expect(text).toContain('docs/5.md');
});

test('the summary of a plan names flags, tasks without changes and a missing verification', () => {
  const unchanged = createTaskFixture({ id: 'idle', noChange: true, status: 'merged' });
  const text = toText(renderAttention([FLAGGED_TASK, unchanged], false, 100));

  expect(text).toContain('! nothing was verified: no verify command is known');
  expect(text).toContain('! login: 7 paths to look at: 1 CI, 6 out of scope');
  expect(text).toContain('… and 2 more');
  expect(text).toContain('! nothing was changed by idle');
});

test('the summary of a verified plan without flags needs no attention', () => {
  expect(renderAttention([createTaskFixture({ id: 'a' })], true, 100)).toEqual([]);
});

test('an end node counts as verified only if a command ran', () => {
  const end = createTaskFixture({ id: 'end', kind: 'end', status: 'merged', verified: false });

  expect(toText(renderTasks([end], { now: NOW, width: 100 }))).toContain('nothing verified');
});
