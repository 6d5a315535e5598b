import { expect, test } from 'vitest';
import type { Notice } from '../../core/contract/notice.ts';
import { createNotice } from '../../core/contract/notice.ts';
import { renderLines } from './layout/line.ts';
import { renderNotices } from './render-notices.ts';

const NOW = 10_000_000;

test('a notice shows its age, its plan and task, and its text', () => {
  const subject = { plan: 'p0123456789', run: 1, version: 4, title: 'Logins' };
  const notices: Notice[] = [
    createNotice(
      { ...subject, task: 'api', at: NOW - 120_000 },
      { kind: 'blocked', text: 'The task is blocked: no merges on Fridays' },
    ),
    createNotice({ ...subject, at: NOW - 7_200_000 }, { kind: 'complete', text: 'Complete.' }),
  ];

  const lines = renderNotices(notices, { now: NOW, width: 60 });

  expect(renderLines(lines, { colour: false })).toEqual([
    'Recent notices',
    '  2m ago     p0123456789 api',
    '             The task is blocked: no merges on Fridays',
    '  2h ago     p0123456789',
    '             Complete.',
  ]);
});

test('an empty list of notices has no lines', () => {
  expect(renderNotices([], { now: NOW, width: 60 })).toEqual([]);
});
