import type { TaskSpec } from '../contract/task.ts';

const MAX_TITLE_CHARS = 80;

/** The title, or the first line of the description when there is none. */
export function deriveTaskTitle(task: Pick<TaskSpec, 'id' | 'title' | 'description'>): string {
  const given = task.title.trim();
  if (given !== '') return given;
  const line = task.description.trim().split('\n', 1)[0]?.trim() ?? '';
  if (line === '') return task.id;
  const characters = Array.from(line);
  return characters.length <= MAX_TITLE_CHARS
    ? line
    : `${characters.slice(0, MAX_TITLE_CHARS - 1).join('')}…`;
}
