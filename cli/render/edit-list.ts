import type { Edit } from '../../core/contract/plan.ts';
import type { Line } from './line.ts';
import { styled } from './line.ts';
import { cleanText, wrap } from './text.ts';

/** Edits of a graph as a person reads them: + added, - removed, ~ changed. */
export function renderEdits(edits: readonly Edit[], width: number): Line[] {
  if (edits.length === 0) return [[styled('dim', 'no difference')]];
  return edits.flatMap((edit) => editLines(edit, width));
}

function editLines(edit: Edit, width: number): Line[] {
  switch (edit.op) {
    case 'add_task': {
      const after =
        edit.task.dependsOn.length === 0 ? '' : ` after ${edit.task.dependsOn.join(', ')}`;
      const title = edit.task.title === '' ? edit.task.description : edit.task.title;
      return mark('good', '+', edit.task.id, `${title}${after}`, width);
    }
    case 'remove_task':
      return mark('bad', '-', edit.task, '', width);
    case 'add_edge':
      return mark('good', '+', edit.to, `after ${edit.from}`, width);
    case 'remove_edge':
      return mark('bad', '-', edit.to, `no longer after ${edit.from}`, width);
    case 'split_task': {
      const parts = edit.into.map((task) => task.id).join(', ');
      return mark('warn', '~', edit.task, `split into ${parts}`, width);
    }
    case 'merge_tasks':
      return mark('warn', '~', edit.into.id, `merged from ${edit.tasks.join(', ')}`, width);
    case 'change_task': {
      const { op: _op, task, ...fields } = edit;
      return Object.entries(fields).flatMap(([name, value]) =>
        mark('warn', '~', task, `${name}: ${valueText(value)}`, width),
      );
    }
    default:
      return unknownEdit(edit);
  }
}

function unknownEdit(edit: never): never {
  throw new Error(`an edit that nobody knows: ${JSON.stringify(edit)}`);
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ');
  return JSON.stringify(value);
}

function mark(
  style: 'good' | 'bad' | 'warn',
  sign: string,
  id: string,
  text: string,
  width: number,
): Line[] {
  const room = Math.max(20, width - id.length - 4);
  const [first = '', ...rest] = wrap(cleanText(text).trim(), room).slice(0, 8);
  const indent = ' '.repeat(id.length + 4);
  return [
    [styled(style, `${sign} `), styled('bold', id), '  ', first],
    ...rest.map((line): Line => [indent, line]),
  ];
}
