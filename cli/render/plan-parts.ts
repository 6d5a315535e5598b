import type { Condition, PlanView } from '../../core/contract/plan.ts';
import { waitsForPerson } from '../../core/contract/plan-status.ts';
import type { TaskView } from '../../core/contract/task.ts';
import { collectWaiting } from '../collect-waiting.ts';
import { findConditionCommand } from '../next-step.ts';
import { localiseTimes } from './layout/format-figures.ts';
import type { Line, Style } from './layout/line.ts';
import { measureLine, styleSpan } from './layout/line.ts';
import { wrapText } from './layout/text.ts';
import { describeWaiting, getWaitingCommand } from './render-waiting.ts';

const CONDITION_STYLES: Readonly<Record<Condition['level'], Style>> = {
  info: 'dim',
  warning: 'warn',
  error: 'bad',
};
const MAX_CONDITIONS = 6;

/** Renders the newest conditions of a plan, each with the command that resolves it, if there is one. */
export function renderConditions(
  plan: Pick<PlanView, 'id' | 'conditions'>,
  options: { readonly now: number; readonly width: number },
): Line[] {
  return plan.conditions.slice(-MAX_CONDITIONS).flatMap((condition) => {
    const sign = condition.level === 'info' ? 'i ' : '! ';
    const messageLines = wrapText(localiseTimes(condition.message, options.now), options.width - 2)
      .slice(0, 3)
      .map((line, index): Line => {
        return [styleSpan(CONDITION_STYLES[condition.level], index === 0 ? sign : '  '), line];
      });
    const nextStep = findConditionCommand(condition.code, plan.id);
    return nextStep === undefined
      ? messageLines
      : [...messageLines, ['    ', styleSpan('bold', nextStep)]];
  });
}

/** Renders unfinished and red verifications of base commits, a red one with the command that shows its output. */
export function renderBase(plan: Pick<PlanView, 'base'>): Line[] {
  return plan.base.flatMap(({ repo, commit, status, check }): Line[] => {
    const name = `base commit ${commit.slice(0, 7)} of ${repo}`;
    if (status === 'checking')
      return [
        [
          styleSpan('live', '◌ '),
          `verifying the ${name}`,
          styleSpan('dim', ' · tasks start once it is green'),
        ],
      ];
    if (status !== 'red' || check === undefined) return [];
    return [
      [styleSpan('bad', '✗ '), `verification fails on the ${name}`],
      ['    ', styleSpan('bold', `smol-gang task logs ${check} base`)],
    ];
  });
}

const MAX_WAITING_ITEMS = 12;

/** Renders the waiting items that need a person. Each command has a line of its own, for copying. */
export function renderWaiting(
  plan: PlanView,
  tasks: readonly TaskView[],
  options: { readonly width: number },
): Line[] {
  const waitingItems = collectWaiting(plan, tasks).filter(waitsForPerson);
  if (waitingItems.length === 0) return [];
  const lines: Line[] = [[styleSpan('warn', 'Waiting for you')]];
  for (const waiting of waitingItems.slice(0, MAX_WAITING_ITEMS)) {
    const sentence = wrapText(describeWaiting(waiting), options.width - 2).slice(0, 3);
    lines.push(...sentence.map((text): Line => ['  ', text]));
    lines.push(['    ', styleSpan('bold', getWaitingCommand(waiting))]);
  }
  const hiddenCount = waitingItems.length - MAX_WAITING_ITEMS;
  if (hiddenCount > 0) lines.push([styleSpan('dim', `  … and ${hiddenCount} more`)]);
  return lines;
}

/** Renders the root pull requests, which a person merges. */
export function renderPulls(plan: PlanView, width: number): Line[] {
  const pulls = plan.pulls.filter((pull) => pull.state !== 'none');
  return pulls.flatMap((pull): Line[] => {
    const name = pull.number === undefined ? pull.branch : `#${pull.number}`;
    const state = describePullState(pull);
    const head: Line = [
      styleSpan(state.style, `${state.glyph} `),
      `${pull.repo} ${name} into ${pull.base}`,
      styleSpan('dim', ` · ${state.text}`),
    ];
    if (pull.url === undefined) return [head];
    const url = styleSpan('accent', pull.url);
    const line: Line = [...head, '  ', url];
    return measureLine(line) <= width ? [line] : [head, ['  ', url]];
  });
}

function describePullState(pull: PlanView['pulls'][number]): {
  readonly glyph: string;
  readonly style: Style;
  readonly text: string;
} {
  if (pull.state === 'merged') return { glyph: '✓', style: 'good', text: 'merged' };
  if (pull.state === 'closed') return { glyph: '✗', style: 'bad', text: 'closed' };
  if (pull.ready) return { glyph: '◆', style: 'good', text: 'ready for you to merge' };
  return { glyph: '◇', style: 'dim', text: 'draft: tasks are not complete' };
}
