import type { TaskSpec } from '../contract/task.ts';

const MAX_TITLE_CHARS = 80;

/** Returns the title of a task; without a title, the first line of the description (at most 80 characters) or the id. */
export function deriveTaskTitle(task: Pick<TaskSpec, 'id' | 'title' | 'description'>): string {
  const title = task.title.trim();
  if (title !== '') return title;
  const line = task.description.trim().split('\n', 1)[0]?.trim() ?? '';
  if (line === '') return task.id;
  const characters = Array.from(line);
  return characters.length <= MAX_TITLE_CHARS
    ? line
    : `${characters.slice(0, MAX_TITLE_CHARS - 1).join('')}…`;
}
