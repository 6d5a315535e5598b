import { neutraliseInline } from './neutralise.ts';

/** A forge takes 256; breaking up mentions makes it up to half longer. */
const MAX_TITLE_CHARS = 160;

export type TitleParts = {
  /** Id of the task; "root" for a root pull request. */
  readonly task: string;
  readonly title: string;
  /** Id of the plan. */
  readonly plan: string;
};

export const DEFAULT_TASK_TITLE = '[smol-gang/{task}] {title}';
export const DEFAULT_ROOT_TITLE = '[smol-gang] {title}';

/** Fills `{task}`, `{title}` and `{plan}`, once: what is filled in is not looked at again. One line, at most 240 characters. */
export function renderTitle(pattern: string, parts: TitleParts): string {
  const filled = pattern.replace(/\{(task|title|plan)\}/g, (_, name: keyof TitleParts) =>
    parts[name].replace(/\s+/g, ' ').trim(),
  );
  return neutraliseInline(filled, MAX_TITLE_CHARS);
}
