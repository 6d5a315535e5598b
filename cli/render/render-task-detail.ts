import type { z } from 'zod';
import { formatGit } from '../../core/base/quote-shell.ts';
import type { API } from '../../core/contract/api.ts';
import type { TranscriptEntry } from '../../core/contract/attempt.ts';
import { describeUncommitted } from '../../core/contract/flag.ts';
import type { Evidence } from '../../core/contract/task.ts';
import {
  formatClock,
  formatCost,
  formatCount,
  formatDuration,
  formatRelativeTime,
  formatTokens,
} from './layout/format-figures.ts';
import type { Line, Span, Style } from './layout/line.ts';
import { joinSections, justifyLine, styleSpan } from './layout/line.ts';
import { renderTable } from './layout/render-table.ts';
import { cleanText, wrapText } from './layout/text.ts';
import { renderTaskFlags } from './render-flags.ts';
import { describeWaiting, getWaitingCommand } from './render-waiting.ts';
import {
  computeTaskElapsedMs,
  describeTaskState,
  getTaskLook,
  renderTaskGlyph,
} from './task-state.ts';

/** Details of a task, as the API returns them. */
export type TaskDetail = z.infer<typeof API.getTask.answer>;
type TaskDiff = z.infer<typeof API.taskDiff.answer>;
type TaskHistory = z.infer<typeof API.taskHistory.answer>['items'];

type DetailOptions = {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Columns. */
  readonly width: number;
  /** True to print long texts as a whole; default: their beginning or end. */
  readonly isFull?: boolean;
};
/** Maximum number of lines of a reason, which may quote the output of a command. */
const MAX_REASON_LINES = 20;
const MAX_OUTPUT_LINES = 12;
const LABEL_WIDTH = 12;

/** Renders a task: state, description, evidence, and the next step if the task waits for a person. */
export function renderTaskDetail(task: TaskDetail, options: DetailOptions): Line[] {
  const look = getTaskLook(task.status);
  const head = justifyLine(
    [renderTaskGlyph(task.status), ' ', styleSpan('bold', task.id), '  ', task.title],
    [styleSpan(look.style, describeTaskState(task, options.now))],
    options.width,
  );
  return joinSections([
    [
      head,
      renderFacts(task, options.now),
      ...renderActivity(task),
      ...renderReason(task, look.style, options),
    ],
    renderQuestion(task, options),
    [
      ...renderLabelled('task', task.description, options.width),
      ...task.criteria.flatMap((criterion, index) =>
        renderLabelled(index === 0 ? 'done when' : '', criterion, options.width),
      ),
      ...renderLabelled('may change', task.scope.join('  '), options.width),
      ...renderLabelled('after', task.dependsOn.join(', '), options.width),
    ],
    renderEvidence(task.evidence, options),
    renderTaskFlags(task.flags, task.flagged ?? [], options.width),
    (task.uncommitted ?? []).flatMap((group, index) =>
      renderLabelled(
        index === 0 ? 'left out' : '',
        `not committed: ${describeUncommitted(group)}`,
        options.width,
      ),
    ),
    renderTaskWaiting(task, options.width),
  ]);
}

function renderFacts(task: TaskDetail, now: number): Line {
  const tokens = task.usage.inputTokens + task.usage.outputTokens;
  const elapsed = computeTaskElapsedMs(task, now);
  const facts = [`${task.plan} · run ${task.run}`, task.repo];
  if (task.attempt > 0) facts.push(`attempt ${task.attempt}`);
  if (elapsed !== undefined) facts.push(formatDuration(elapsed));
  if (tokens > 0) facts.push(`${formatTokens(tokens)} tokens`, formatCost(task.usage.usd));
  if (task.pullRequest !== undefined) {
    facts.push(`#${task.pullRequest.number} ${task.pullRequest.url}`);
  }
  return [styleSpan('dim', facts.filter((fact) => fact !== '').join(' · '))];
}

function renderParagraph(text: string | undefined, style: Style, width: number): Line[] {
  if (text === undefined || text === '') return [];
  return wrapText(text, width).map((line) => [styleSpan(style, line)]);
}

const PHASE_TEXTS: Readonly<Record<NonNullable<TaskDetail['phase']>, string>> = {
  starting: 'the attempt starts',
  cloning: 'clones the repository',
  setup: 'runs the set-up commands',
  agent: 'the agent works',
  verifying: 'runs the verify commands',
  pushing: 'pushes the result',
  waiting: 'the agent waits for a message',
};

/** Renders what the live attempt does at the moment. */
function renderActivity({ phase, activity }: TaskDetail): Line[] {
  if (phase === undefined) return [];
  const detail = activity === undefined ? '' : `: ${activity}`;
  return [[styleSpan('live', `now: ${PHASE_TEXTS[phase]}${detail}`)]];
}

/** Renders why the task has its state: the first lines, because the first line says what happened. */
function renderReason(task: TaskDetail, style: Style, options: DetailOptions): Line[] {
  const lines = renderParagraph(task.reason, style, options.width);
  if (options.isFull === true || lines.length <= MAX_REASON_LINES) return lines;
  const hiddenCount = lines.length - MAX_REASON_LINES;
  const command = `smol-gang task show ${task.plan} ${task.id} --full`;
  return [
    ...lines.slice(0, MAX_REASON_LINES),
    [styleSpan('dim', `… and ${formatCount(hiddenCount, 'more line')}: ${command}`)],
  ];
}

function renderLabelled(label: string, text: string, width: number): Line[] {
  if (text.trim() === '') return [];
  return wrapText(text.trim(), width - LABEL_WIDTH).map((line, index) => [
    styleSpan('dim', (index === 0 ? label : '').padEnd(LABEL_WIDTH)),
    line,
  ]);
}

function renderQuestion(task: TaskDetail, options: DetailOptions): Line[] {
  const { question } = task;
  if (question === undefined || task.status !== 'awaiting_input') return [];
  const choices = question.options.map(
    (option, index): Line => ['  ', styleSpan('warn', `${index + 1}`), `  ${option}`],
  );
  const defaultAnswer = `default answer, taken ${formatRelativeTime(question.timeoutAt, options.now)}: ${question.default}`;
  return [
    ...renderParagraph(question.text, 'warn', options.width),
    ...choices,
    ...renderParagraph(defaultAnswer, 'dim', options.width),
  ];
}

function renderEvidence(evidence: Evidence | undefined, options: DetailOptions): Line[] {
  if (evidence === undefined) return [];
  const merged =
    evidence.commit === evidence.root ? '' : ` merged with ${evidence.root.slice(0, 7)}`;
  const commits = `commit ${evidence.commit.slice(0, 7)}${merged}`;
  const head: Line = [
    styleSpan('dim', 'evidence'.padEnd(LABEL_WIDTH)),
    renderVerdict(evidence),
    styleSpan('dim', ` · ${commits} · ${formatRelativeTime(evidence.at, options.now)}`),
    styleSpan('dim', evidence.isolation ? ` · isolation: ${evidence.isolation}` : ''),
  ];
  if (evidence.empty)
    return [
      head,
      [' '.repeat(LABEL_WIDTH), 'no command was run, because no verify command is configured'],
    ];
  const results = evidence.results.flatMap((result): Line[] => {
    const hasPassed = result.exitCode === 0;
    const line: Line = [
      ' '.repeat(LABEL_WIDTH),
      styleSpan(hasPassed ? 'good' : 'bad', hasPassed ? '✓ ' : '✗ '),
      result.command.join(' '),
      styleSpan('dim', ` · ${formatDuration(result.durationMs)}`),
    ];
    const allLines = cleanText(result.output).trimEnd().split('\n');
    const output = options.isFull === true ? allLines : allLines.slice(-MAX_OUTPUT_LINES);
    const outputLines = hasPassed ? [] : output;
    return [
      line,
      ...outputLines.map((text): Line => [' '.repeat(LABEL_WIDTH + 2), styleSpan('dim', text)]),
    ];
  });
  return [head, ...results];
}

function renderVerdict({ green, empty }: Evidence): Span {
  if (!green) return styleSpan('bad', 'verification failed');
  return empty ? styleSpan('warn', 'nothing was verified') : styleSpan('good', 'verified');
}

function renderTaskWaiting(task: TaskDetail, width: number): Line[] {
  if (task.waiting === undefined) return [];
  const command = getWaitingCommand(task.waiting);
  const lines = wrapText(describeWaiting(task.waiting), width - 2).map(
    (text): Line => ['  ', text],
  );
  return [[styleSpan('warn', 'Waiting for you')], ...lines, ['    ', styleSpan('bold', command)]];
}

/**
 * Renders the files that a task changed, in the manner of `git diff --stat`.
 *
 * @param path folder of the repository; undefined if the repository is not on the machine of the platform
 */
export function renderDiff(diff: TaskDiff, path: string | undefined, width: number): Line[] {
  const range = `${diff.base.slice(0, 12)}...${diff.head.slice(0, 12)}`;
  if (diff.files.length === 0) {
    return [
      [
        styleSpan(
          'dim',
          diff.head === '' ? 'the task has no commit yet' : `no file differs in ${range}`,
        ),
      ],
    ];
  }
  const rows = diff.files.map((file) => [
    styleSpan('dim', file.status),
    file.path,
    styleSpan('good', `+${file.additions}`),
    styleSpan('bad', `-${file.deletions}`),
  ]);
  const columns = [
    { header: '' },
    { header: '', shrinks: true },
    { header: '', align: 'right' },
    { header: '', align: 'right' },
  ] as const;
  const lines = renderTable(columns, rows, width);
  return [...lines, [styleSpan('dim', `${formatGit(path)} diff ${range}`)]];
}

/** Renders the state changes of a task, oldest first. */
export function renderHistory(items: TaskHistory, width: number): Line[] {
  const rows = items.map((item): Span[] => [
    styleSpan('dim', formatClock(item.at)),
    `${item.from} → ${item.to}`,
    item.event,
    styleSpan('dim', item.actor),
    styleSpan('dim', item.reason ?? ''),
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

/** Renders an entry of a transcript with time, kind and the whole text. */
export function renderTranscriptEntry(entry: TranscriptEntry): Line[] {
  const style = ENTRY_STYLES[entry.kind];
  return cleanText(entry.text)
    .trimEnd()
    .split('\n')
    .map((text, index): Line => {
      const body = style === undefined ? text : styleSpan(style, text);
      const head = index === 0 ? `${formatClock(entry.at)}  ${entry.kind.padEnd(7)}` : '';
      return [styleSpan('dim', head.padEnd(17)), '  ', body];
    });
}

/** Renders the messages that people sent to the agent. */
export function renderMessages(
  items: readonly { readonly author: string; readonly text: string; readonly at: number }[],
): Line[] {
  return items.flatMap((item) => [
    [styleSpan('dim', `${formatClock(item.at)}  `), styleSpan('bold', item.author)],
    ...cleanText(item.text)
      .trimEnd()
      .split('\n')
      .map((text): Line => ['  ', text]),
  ]);
}
