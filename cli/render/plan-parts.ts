import type { Condition, PlanView } from '../../core/contract/plan.ts';
import type { TaskView, Waiting } from '../../core/contract/task.ts';
import type { Line, Style } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import { wrapText } from './layout/text.ts';

const CONDITION_STYLES: Readonly<Record<Condition['level'], Style>> = {
  info: 'dim',
  warning: 'warn',
  error: 'bad',
};
const MAX_CONDITIONS = 6;

export function renderConditions(
  conditions: readonly Condition[],
  options: { readonly width: number },
): Line[] {
  const shown = conditions.slice(-MAX_CONDITIONS);
  return shown.flatMap((condition) =>
    wrapText(condition.message, options.width - 2)
      .slice(0, 3)
      .map((text, index): Line => {
        const sign = condition.level === 'info' ? 'i ' : '! ';
        return [styleSpan(CONDITION_STYLES[condition.level], index === 0 ? sign : '  '), text];
      }),
  );
}

/** What waits for a person, of the plan and its tasks, each command once. */
export function collectWaiting(
  plan: Pick<PlanView, 'waiting'>,
  tasks: readonly Pick<TaskView, 'id' | 'waiting'>[],
): Waiting[] {
  const found = new Map<string, Waiting>();
  for (const waiting of plan.waiting) found.set(waiting.command, waiting);
  for (const task of tasks) {
    if (task.waiting === undefined || found.has(task.waiting.command)) continue;
    const named = task.waiting.for.includes(task.id);
    const what = named ? task.waiting.for : `${task.id}: ${task.waiting.for}`;
    found.set(task.waiting.command, { for: what, command: task.waiting.command });
  }
  return [...found.values()];
}

const MAX_WAITING = 12;

/** Each command on a line of its own, so that it can be copied. */
export function renderWaiting(
  plan: PlanView,
  tasks: readonly TaskView[],
  options: { readonly width: number },
): Line[] {
  const waiting = collectWaiting(plan, tasks);
  if (waiting.length === 0) return [];
  const lines: Line[] = [[styleSpan('warn', 'Waiting for you')]];
  for (const each of waiting.slice(0, MAX_WAITING)) {
    const what = wrapText(each.for, options.width - 2).slice(0, 3);
    lines.push(...what.map((text): Line => ['  ', text]));
    lines.push(['    ', styleSpan('bold', each.command)]);
  }
  const more = waiting.length - MAX_WAITING;
  if (more > 0) lines.push([styleSpan('dim', `  … and ${more} more of the kind`)]);
  return lines;
}

/** The pull requests that are a person's to merge. */
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
    const room = width - pull.repo.length - name.length - pull.base.length - state.text.length - 14;
    return pull.url.length <= room ? [[...head, '  ', url]] : [head, ['  ', url]];
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
  return { glyph: '◇', style: 'dim', text: 'draft, not ready' };
}
