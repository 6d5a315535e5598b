import type { TaskSpec } from '../../contract/task.ts';
import { deriveTaskTitle } from '../derive-task-title.ts';

/** A field of a task that a diff compares. */
export type TaskField = Exclude<keyof TaskSpec, 'id'>;
/** The values of a changed field. */
export type FieldChange = {
  readonly field: TaskField;
  readonly before: unknown;
  readonly after: unknown;
};
/** The differences between two graphs, matched by task id. */
export type GraphDiff = {
  readonly added: { readonly task: string; readonly title: string }[];
  readonly removed: { readonly task: string; readonly title: string }[];
  readonly changed: { readonly task: string; readonly fields: FieldChange[] }[];
};

/** Labels of all fields, in display order. `satisfies` makes the compiler report a missing field. */
const FIELD_LABELS = {
  title: 'title',
  description: 'description',
  dependsOn: 'dependencies',
  scope: 'scope',
  criteria: 'criteria',
  tier: 'tier',
  repo: 'repository',
  estimate: 'estimate',
  limits: 'limits',
  interactive: 'interactive',
} as const satisfies Record<TaskField, string>;
/** List fields whose order has no meaning. */
const UNORDERED_FIELDS: ReadonlySet<string> = new Set(['dependsOn', 'scope']);
const FIELD_NAMES = Object.keys(FIELD_LABELS).filter(
  (name): name is TaskField => name in FIELD_LABELS,
);

/** Compares two graphs by task id. */
export function diffGraphs(before: readonly TaskSpec[], after: readonly TaskSpec[]): GraphDiff {
  const previousTasks = new Map(before.map((task) => [task.id, task]));
  const remainingIds = new Set(after.map((task) => task.id));
  const diff: GraphDiff = { added: [], removed: [], changed: [] };
  for (const task of before) {
    if (!remainingIds.has(task.id))
      diff.removed.push({ task: task.id, title: deriveTaskTitle(task) });
  }
  for (const task of after) {
    const previous = previousTasks.get(task.id);
    if (previous === undefined) {
      diff.added.push({ task: task.id, title: deriveTaskTitle(task) });
      continue;
    }
    const fields = FIELD_NAMES.filter(
      (field) => !isSameValue(field, previous[field], task[field]),
    ).map((field) => ({ field, before: previous[field], after: task[field] }));
    if (fields.length > 0) diff.changed.push({ task: task.id, fields });
  }
  return diff;
}

/** Renders each change as a line of text for people. */
export function describeDiff(diff: GraphDiff): string[] {
  return [
    ...diff.added.map(({ task, title }) => `+ ${task}: ${toOneLine(title)}`),
    ...diff.removed.map(({ task, title }) => `- ${task}: ${toOneLine(title)}`),
    ...diff.changed.flatMap(({ task, fields }) =>
      fields.map((change) => `~ ${task}: ${FIELD_LABELS[change.field]} ${describeChange(change)}`),
    ),
  ];
}

function isSameValue(field: TaskField, before: unknown, after: unknown): boolean {
  return toCanonicalText(field, before) === toCanonicalText(field, after);
}

function toCanonicalText(field: TaskField, value: unknown): string {
  if (Array.isArray(value)) {
    return JSON.stringify(UNORDERED_FIELDS.has(field) ? [...new Set(value)].sort() : value);
  }
  if (typeof value === 'object' && value !== null) {
    return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return JSON.stringify(value);
}

function describeChange({ before, after }: FieldChange): string {
  if (!Array.isArray(before) || !Array.isArray(after))
    return `${formatValue(before)} -> ${formatValue(after)}`;
  const parts = [
    ...after.filter((item) => !before.includes(item)).map((item) => `+${formatValue(item)}`),
    ...before.filter((item) => !after.includes(item)).map((item) => `-${formatValue(item)}`),
  ];
  return parts.length > 0 ? toOneLine(parts.join(' '), 200) : 'reordered';
}

function formatValue(value: unknown): string {
  if (value === '') return '(none)';
  return toOneLine(typeof value === 'string' ? value : JSON.stringify(value), 60);
}

/** Removes control characters, which a terminal would execute, and shortens the text. */
function toOneLine(text: string, maxChars = 100): string {
  const characters = Array.from(text.replace(/[\s\p{C}]+/gu, ' ').trim());
  return characters.length <= maxChars
    ? characters.join('')
    : `${characters.slice(0, maxChars - 1).join('')}…`;
}
