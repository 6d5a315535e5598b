import type { z } from 'zod';
import type { API } from '../../core/contract/api.ts';
import type { TranscriptEntry } from '../../core/contract/attempt.ts';
import type { Evidence } from '../../core/contract/task.ts';
import { formatAgo, formatClock, formatDuration, formatTokens } from './figures.ts';
import type { Line, Span, Style } from './line.ts';
import { spread, styled } from './line.ts';
import { costText, joinSections } from './plan-view.ts';
import { renderTable } from './table.ts';
import { taskElapsedMs, taskGlyph, taskLook, taskStateText } from './task-state.ts';
import { cleanText, wrap } from './text.ts';

export type TaskDetail = z.infer<typeof API.getTask.answer>;
type Diff = z.infer<typeof API.taskDiff.answer>;
type History = z.infer<typeof API.taskHistory.answer>['items'];

type DetailOptions = { readonly now: number; readonly width: number };
const LABEL = 12;

/** Everything about one task: state, text, evidence, what it waits for. */
export function renderTaskDetail(task: TaskDetail, options: DetailOptions): Line[] {
  const look = taskLook(task.status);
  const head = spread(
    [taskGlyph(task.status), ' ', styled('bold', task.id), '  ', task.title],
    [styled(look.style, taskStateText(task, options.now))],
    options.width,
  );
  return joinSections([
    [head, factLine(task, options.now), ...paragraph(task.reason, look.style, options.width)],
    questionLines(task, options),
    [
      ...labelled('does', task.description, options.width),
      ...task.criteria.flatMap((criterion, index) =>
        labelled(index === 0 ? 'done when' : '', criterion, options.width),
      ),
      ...labelled('may change', task.scope.join('  '), options.width),
      ...labelled('after', task.dependsOn.join(', '), options.width),
    ],
    evidenceLines(task.evidence, options),
    waitingLines(task, options.width),
  ]);
}

function factLine(task: TaskDetail, now: number): Line {
  const tokens = task.usage.inputTokens + task.usage.outputTokens;
  const elapsed = taskElapsedMs(task, now);
  const facts = [`${task.plan} · run ${task.run}`, task.repo];
  if (task.attempt > 0) facts.push(`try ${task.attempt}`);
  if (elapsed !== undefined) facts.push(formatDuration(elapsed));
  if (tokens > 0) facts.push(`${formatTokens(tokens)} tokens`, costText(task.usage.usd));
  if (task.pullRequest !== undefined) {
    facts.push(`#${task.pullRequest.number} ${task.pullRequest.url}`);
  }
  return [styled('dim', facts.filter((fact) => fact !== '').join(' · '))];
}

function paragraph(text: string | undefined, style: Style, width: number): Line[] {
  if (text === undefined || text === '') return [];
  return wrap(text, width).map((line) => [styled(style, line)]);
}

function labelled(label: string, text: string, width: number): Line[] {
  if (text.trim() === '') return [];
  return wrap(text.trim(), width - LABEL).map((line, index) => [
    styled('dim', (index === 0 ? label : '').padEnd(LABEL)),
    line,
  ]);
}

function questionLines(task: TaskDetail, options: DetailOptions): Line[] {
  const { question } = task;
  if (question === undefined || task.status !== 'awaiting_input') return [];
  const choices = question.options.map(
    (option, index): Line => ['  ', styled('warn', `${index + 1}`), `  ${option}`],
  );
  const fallback = `without an answer ${formatAgo(question.timeoutAt, options.now)}: ${question.default}`;
  return [
    ...paragraph(question.text, 'warn', options.width),
    ...choices,
    ...paragraph(fallback, 'dim', options.width),
  ];
}

function evidenceLines(evidence: Evidence | undefined, options: DetailOptions): Line[] {
  if (evidence === undefined) return [];
  const commits = `${evidence.commit.slice(0, 7)} on ${evidence.root.slice(0, 7)}`;
  const head: Line = [
    styled('dim', 'evidence'.padEnd(LABEL)),
    evidence.green ? styled('good', 'green') : styled('bad', 'red'),
    styled('dim', ` · ${commits} · ${formatAgo(evidence.at, options.now)}`),
  ];
  if (evidence.empty) return [head, [' '.repeat(LABEL), 'no verify command is known']];
  const results = evidence.results.flatMap((result): Line[] => {
    const isGreen = result.exitCode === 0;
    const line: Line = [
      ' '.repeat(LABEL),
      styled(isGreen ? 'good' : 'bad', isGreen ? '✓ ' : '✗ '),
      result.command.join(' '),
      styled('dim', ` · ${formatDuration(result.durationMs)}`),
    ];
    const output = cleanText(result.output).trimEnd().split('\n').slice(-12);
    const shown = isGreen ? [] : output;
    return [line, ...shown.map((text): Line => [' '.repeat(LABEL + 2), styled('dim', text)])];
  });
  return [head, ...results];
}

function waitingLines(task: TaskDetail, width: number): Line[] {
  if (task.waiting === undefined) return [];
  const { for: what, command } = task.waiting;
  const lines = wrap(what, width - 2).map((text): Line => ['  ', text]);
  return [[styled('warn', 'Waiting for you')], ...lines, ['    ', styled('bold', command)]];
}

/** Files that a task changed, as `git diff --stat` shows them. */
export function renderDiff(diff: Diff, width: number): Line[] {
  const range = `${diff.base.slice(0, 12)}...${diff.head.slice(0, 12)}`;
  if (diff.files.length === 0) {
    return [
      [styled('dim', diff.head === '' ? 'nothing changed yet' : `no file differs in ${range}`)],
    ];
  }
  const rows = diff.files.map((file) => [
    styled('dim', file.status),
    file.path,
    styled('good', `+${file.additions}`),
    styled('bad', `-${file.deletions}`),
  ]);
  const columns = [
    { header: '' },
    { header: '', shrinks: true },
    { header: '', align: 'right' },
    { header: '', align: 'right' },
  ] as const;
  const lines = renderTable(columns, rows, width);
  return [...lines, [styled('dim', `git diff ${range}`)]];
}

/** Transitions of a task, oldest first. */
export function renderHistory(items: History, width: number): Line[] {
  const rows = items.map((item): Span[] => [
    styled('dim', formatClock(item.at)),
    `${item.from} → ${item.to}`,
    item.event,
    styled('dim', item.actor),
    styled('dim', item.reason ?? ''),
  ]);
  const columns = ['at', 'from → to', 'event', 'by', 'reason'].map((header) => ({
    header,
    shrinks: header === 'reason' || header === 'by',
  }));
  return renderTable(columns, rows, width);
}

const ENTRY_STYLES: Readonly<Record<TranscriptEntry['kind'], Style | undefined>> = {
  agent: undefined,
  thought: 'dim',
  tool: 'live',
  user: 'warn',
  bridge: 'dim',
  plan: 'accent',
};

/** An entry of a transcript: when, who, and all of what was said. */
export function renderEntry(entry: TranscriptEntry): Line[] {
  const style = ENTRY_STYLES[entry.kind];
  return cleanText(entry.text)
    .trimEnd()
    .split('\n')
    .map((text, index): Line => {
      const body = style === undefined ? text : styled(style, text);
      const head = index === 0 ? `${formatClock(entry.at)}  ${entry.kind.padEnd(7)}` : '';
      return [styled('dim', head.padEnd(17)), '  ', body];
    });
}

/** Said to the agent by people. */
export function renderMessages(
  items: readonly { readonly author: string; readonly text: string; readonly at: number }[],
): Line[] {
  return items.flatMap((item) => [
    [styled('dim', `${formatClock(item.at)}  `), styled('bold', item.author)],
    ...cleanText(item.text)
      .trimEnd()
      .split('\n')
      .map((text): Line => ['  ', text]),
  ]);
}
