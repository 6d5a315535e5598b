import { neutraliseWords } from './neutralise.ts';

/** A forge takes 256; breaking up mentions makes it up to half longer. */
const MAX_TITLE = 160;

export type TitleParts = {
  /** Id of the task; "root" for a root pull request. */
  task: string;
  title: string;
  /** Id of the plan. */
  plan: string;
};

export const DEFAULT_TASK_TITLE = '[smol-gang/{task}] {title}';
export const DEFAULT_ROOT_TITLE = '[smol-gang] {title}';

/** Fills `{task}`, `{title}` and `{plan}`, once: what is filled in is not looked at again. One line, at most 240 characters. */
export function renderTitle(pattern: string, parts: TitleParts): string {
  const filled = pattern.replace(/\{(task|title|plan)\}/g, (_, name: keyof TitleParts) =>
    parts[name].replace(/\s+/g, ' ').trim(),
  );
  return neutraliseWords(filled, MAX_TITLE);
}
