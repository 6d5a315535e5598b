import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PLAN_TABLE } from '../core/plan-state/decide-plan.ts';
import { TASK_TABLE } from '../core/task-state/decide-task.ts';
import { renderStateDocument } from './support/state-diagrams.ts';

/** Rows of the table whose event changes nothing, because several statuses share the row and the event cannot occur in this status. */
const ROWS_WITHOUT_EFFECT = [
  'working x bridge_ready',
  'awaiting_input x bridge_ready',
  'in_review x claimed',
];

const DOCUMENT_PATH = fileURLToPath(new URL('../docs/states.md', import.meta.url));

test('docs/states.md is up to date (update: npm run docs:states)', () => {
  expect(readFileSync(DOCUMENT_PATH, 'utf8')).toBe(renderStateDocument());
});

test.each([
  ['plans', PLAN_TABLE],
  ['tasks', TASK_TABLE],
])('docs/states.md lists every row of the state table of %s', (_name, table) => {
  const document = renderStateDocument();
  const missing = Object.entries(table).flatMap(([status, rows]) =>
    Object.keys(rows)
      .filter((event) => !document.includes(`| \`${status}\` | \`${event}\` |`))
      .map((event) => `${status} x ${event}`),
  );

  expect(missing.filter((row) => !ROWS_WITHOUT_EFFECT.includes(row))).toEqual([]);
});
