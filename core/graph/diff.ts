import type { TaskSpec } from '../contract/task.ts';
import { taskTitle } from './task-title.ts';

export type TaskField = Exclude<keyof TaskSpec, 'id'>;
export type FieldChange = { field: TaskField; before: unknown; after: unknown };
export type GraphDiff = {
  added: { task: string; title: string }[];
  removed: { task: string; title: string }[];
  changed: { task: string; fields: FieldChange[] }[];
};

/** In the order of the interface; a field that is added there has to be added here. */
const FIELDS = {
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
/** Their order means nothing. */
const SETS: ReadonlySet<string> = new Set(['dependsOn', 'scope']);
const FIELD_NAMES = Object.keys(FIELDS).filter((name): name is TaskField => name in FIELDS);

export function diffGraphs(before: readonly TaskSpec[], after: readonly TaskSpec[]): GraphDiff {
  const old = new Map(before.map((task) => [task.id, task]));
  const kept = new Set(after.map((task) => task.id));
  const diff: GraphDiff = { added: [], removed: [], changed: [] };
  for (const task of before) {
    if (!kept.has(task.id)) diff.removed.push({ task: task.id, title: taskTitle(task) });
  }
  for (const task of after) {
    const was = old.get(task.id);
    if (was === undefined) {
      diff.added.push({ task: task.id, title: taskTitle(task) });
      continue;
    }
    const fields = FIELD_NAMES.filter((field) => !same(field, was[field], task[field])).map(
      (field) => ({ field, before: was[field], after: task[field] }),
    );
    if (fields.length > 0) diff.changed.push({ task: task.id, fields });
  }
  return diff;
}

/** One line for each change, for people. */
export function describeDiff(diff: GraphDiff): string[] {
  return [
    ...diff.added.map(({ task, title }) => `+ ${task}: ${oneLine(title)}`),
    ...diff.removed.map(({ task, title }) => `- ${task}: ${oneLine(title)}`),
    ...diff.changed.flatMap(({ task, fields }) =>
      fields.map((change) => `~ ${task}: ${FIELDS[change.field]} ${describeChange(change)}`),
    ),
  ];
}

function same(field: TaskField, before: unknown, after: unknown): boolean {
  return canonical(field, before) === canonical(field, after);
}

function canonical(field: TaskField, value: unknown): string {
  if (Array.isArray(value)) {
    return JSON.stringify(SETS.has(field) ? [...new Set(value)].sort() : value);
  }
  if (typeof value === 'object' && value !== null) {
    return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return JSON.stringify(value);
}

function describeChange({ before, after }: FieldChange): string {
  if (!Array.isArray(before) || !Array.isArray(after)) return `${show(before)} -> ${show(after)}`;
  const parts = [
    ...after.filter((item) => !before.includes(item)).map((item) => `+${show(item)}`),
    ...before.filter((item) => !after.includes(item)).map((item) => `-${show(item)}`),
  ];
  return parts.length > 0 ? oneLine(parts.join(' '), 200) : 'reordered';
}

function show(value: unknown): string {
  if (value === '') return '(none)';
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value), 60);
}

/** Control characters would move a terminal's cursor. */
function oneLine(text: string, max = 100): string {
  const characters = Array.from(text.replace(/[\s\p{C}]+/gu, ' ').trim());
  return characters.length <= max
    ? characters.join('')
    : `${characters.slice(0, max - 1).join('')}…`;
}
