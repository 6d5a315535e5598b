import type { Flag, FlagSummary } from '../../core/contract/flag.ts';
import { describeFlagCounts } from '../../core/contract/flag.ts';
import type { TaskView } from '../../core/contract/task.ts';
import type { Line } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import { truncateText } from './layout/text.ts';

// Shows the committed paths that a person should review.

/** Maximum number of flags in the details of a task. */
const MAX_SHOWN_FLAGS = 50;

/** Describes flags in one sentence, such as "3 paths to look at: 1 CI, 2 out of scope". */
export function describeFlags({ total, byKind }: FlagSummary): string {
  return `${total} ${total === 1 ? 'path' : 'paths'} to look at: ${describeFlagCounts(byKind)}`;
}

/** Renders what a person should look at in the result of a plan: flagged paths, tasks without changes, and a missing verification. */
export function renderAttention(
  tasks: readonly TaskView[],
  isVerified: boolean | undefined,
  width: number,
): Line[] {
  const lines: Line[] = [];
  if (isVerified === false)
    lines.push(createWarning('nothing was verified: no verify command is known', width));
  for (const { id, noChange, flags } of tasks) {
    if (noChange === true) lines.push(createWarning(`nothing was changed by ${id}`, width));
    if (flags === undefined) continue;
    lines.push(createWarning(`${id}: ${describeFlags(flags)}`, width));
    lines.push(...renderFlagList(flags.first, width));
    const hidden = flags.total - flags.first.length;
    if (hidden > 0) lines.push([styleSpan('dim', `    … and ${hidden} more`)]);
  }
  return lines;
}

/** Renders the summary and all flags of a task, for its details. */
export function renderTaskFlags(
  summary: FlagSummary | undefined,
  flagged: readonly Flag[],
  width: number,
): Line[] {
  if (summary === undefined) return [];
  const shown = flagged.slice(0, MAX_SHOWN_FLAGS);
  const hidden = summary.total - shown.length;
  return [
    createWarning(describeFlags(summary), width),
    ...renderFlagList(shown, width),
    ...(hidden > 0 ? [[styleSpan('dim', `    … and ${hidden} more`)]] : []),
  ];
}

function renderFlagList(flags: readonly Flag[], width: number): Line[] {
  return flags.map(({ path, why }) => [
    '    ',
    truncateText(path, Math.max(20, width - why.length - 6)),
    styleSpan('dim', `: ${why}`),
  ]);
}

function createWarning(text: string, width: number): Line {
  return [styleSpan('warn', '! '), truncateText(text, width - 2)];
}
