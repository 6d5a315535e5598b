import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PLAN_TABLE } from '../core/plan-state/decide-plan.ts';
import { TASK_TABLE } from '../core/task-state/decide-task.ts';
import { renderStateDocument } from './support/state-diagrams.ts';

/** Shared rows without an effect in this status, because the bridge has called before. */
const ROWS_WITHOUT_EFFECT = [
  'working x bridge_ready',
  'awaiting_input x bridge_ready',
  'in_review x claimed',
];

const PATH = fileURLToPath(new URL('../docs/states.md', import.meta.url));

test('docs/states.md equals the output of `npm run docs:states`', () => {
  expect(readFileSync(PATH, 'utf8')).toBe(renderStateDocument());
});

test.each([
  ['plans', PLAN_TABLE],
  ['tasks', TASK_TABLE],
])('the document lists every row of the table of %s', (_name, table) => {
  const document = renderStateDocument();
  const missing = Object.entries(table).flatMap(([status, rows]) =>
    Object.keys(rows)
      .filter((event) => !document.includes(`| \`${status}\` | \`${event}\` |`))
      .map((event) => `${status} x ${event}`),
  );

  expect(missing.filter((row) => !ROWS_WITHOUT_EFFECT.includes(row))).toEqual([]);
});
