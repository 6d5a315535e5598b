import type { Notice, NoticeKind } from '../../core/contract/notice.ts';
import { formatRelativeTime, localiseTimes } from './layout/format-figures.ts';
import type { Line, Style } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import { wrapText } from './layout/text.ts';

const KIND_STYLES: Readonly<Record<NoticeKind, Style>> = {
  approval_requested: 'warn',
  question: 'warn',
  conflict: 'warn',
  blocked: 'bad',
  halted: 'bad',
  failed: 'bad',
  complete: 'good',
  budget: 'warn',
  no_change: 'warn',
  delivery: 'warn',
  base_red: 'bad',
};
const MAX_TEXT_LINES = 2;
const AGE_COLUMNS = 11;

/** Renders notices with their age, in the given order; the API returns the newest notice first. */
export function renderNotices(
  notices: readonly Notice[],
  options: { readonly now: number; readonly width: number },
): Line[] {
  if (notices.length === 0) return [];
  return [
    [styleSpan('bold', 'Recent notices')],
    ...notices.flatMap((notice) => renderNotice(notice, options)),
  ];
}

function renderNotice(
  { kind, plan, task, at, text }: Notice,
  options: { readonly now: number; readonly width: number },
): Line[] {
  const age = formatRelativeTime(at, options.now).padEnd(AGE_COLUMNS);
  const subject = task === undefined ? plan : `${plan} ${task}`;
  const head: Line = ['  ', styleSpan('dim', age), styleSpan(KIND_STYLES[kind], subject)];
  const indent = ' '.repeat(2 + AGE_COLUMNS);
  const sentence = wrapText(localiseTimes(text, options.now), options.width - indent.length).slice(
    0,
    MAX_TEXT_LINES,
  );
  return [head, ...sentence.map((line): Line => [indent, line])];
}
