import type { Edit } from '../../core/contract/plan.ts';
import type { Line } from './layout/line.ts';
import { styleSpan } from './layout/line.ts';
import { cleanText, wrapText } from './layout/text.ts';

/** Renders the edits that lead from one revision of a graph to another: + added, - removed, ~ changed. */
export function renderEdits(edits: readonly Edit[], width: number): Line[] {
  if (edits.length === 0) return [[styleSpan('dim', 'both revisions have the same graph')]];
  return edits.flatMap((edit) => renderEdit(edit, width));
}

function renderEdit(edit: Edit, width: number): Line[] {
  switch (edit.op) {
    case 'add_task': {
      const after =
        edit.task.dependsOn.length === 0 ? '' : ` after ${edit.task.dependsOn.join(', ')}`;
      const title = edit.task.title === '' ? edit.task.description : edit.task.title;
      return renderMarkedLine('good', '+', edit.task.id, `${title}${after}`, width);
    }
    case 'remove_task':
      return renderMarkedLine('bad', '-', edit.task, '', width);
    case 'add_edge':
      return renderMarkedLine('good', '+', edit.to, `after ${edit.from}`, width);
    case 'remove_edge':
      return renderMarkedLine('bad', '-', edit.to, `no longer after ${edit.from}`, width);
    case 'split_task': {
      const parts = edit.into.map((task) => task.id).join(', ');
      return renderMarkedLine('warn', '~', edit.task, `split into ${parts}`, width);
    }
    case 'merge_tasks':
      return renderMarkedLine(
        'warn',
        '~',
        edit.into.id,
        `merged from ${edit.tasks.join(', ')}`,
        width,
      );
    case 'change_task': {
      const { op: _op, task, ...fields } = edit;
      return Object.entries(fields).flatMap(([name, value]) =>
        renderMarkedLine('warn', '~', task, `${name}: ${formatValue(value)}`, width),
      );
    }
    default:
      return rejectUnknownEdit(edit);
  }
}

function rejectUnknownEdit(edit: never): never {
  throw new Error(`unknown edit: ${JSON.stringify(edit)}`);
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ');
  return JSON.stringify(value);
}

function renderMarkedLine(
  style: 'good' | 'bad' | 'warn',
  sign: string,
  id: string,
  text: string,
  width: number,
): Line[] {
  const textWidth = Math.max(20, width - id.length - 4);
  const [firstLine = '', ...otherLines] = wrapText(cleanText(text).trim(), textWidth).slice(0, 8);
  const indent = ' '.repeat(id.length + 4);
  return [
    [styleSpan(style, `${sign} `), styleSpan('bold', id), '  ', firstLine],
    ...otherLines.map((line): Line => [indent, line]),
  ];
}
