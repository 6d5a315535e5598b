import { taskIdSchema } from '../../contract/id.ts';

/** `code` is snake_case and stable; `message` says what is wrong, where, and what to do. */
export type GraphProblem = {
  readonly code: string;
  /** Id of the task it is about. */
  readonly task?: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
};

export function hasErrors(problems: readonly GraphProblem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

const MAX_QUOTED_CHARS = 80;
const MAX_LISTED_ITEMS = 10;

/** What others wrote, on one line and bounded. A well-formed id stands without quotes. */
export function quoteText(text: string): string {
  if (taskIdSchema.safeParse(text).success) return text;
  const characters = Array.from(text);
  const cut =
    characters.length > MAX_QUOTED_CHARS
      ? `${characters.slice(0, MAX_QUOTED_CHARS).join('')}…`
      : text;
  return JSON.stringify(cut);
}

export function quoteList(list: readonly string[], separator = ', '): string {
  const shown = list.slice(0, MAX_LISTED_ITEMS).map(quoteText).join(separator);
  const more = list.length - MAX_LISTED_ITEMS;
  return more > 0 ? `${shown}${separator}... (${more} more)` : shown;
}

/** "a -> b -> a"; of a long one the beginning and the end. */
export function quoteCycle(members: readonly string[]): string {
  const [first = '', last = ''] = [members[0], members.at(-1)];
  if (members.length <= MAX_LISTED_ITEMS) return [...members, first].map(quoteText).join(' -> ');
  const shown = members.slice(0, MAX_LISTED_ITEMS - 1).map(quoteText);
  const left = members.length - MAX_LISTED_ITEMS;
  const middle = left > 0 ? [`... (${left} more)`] : [];
  return [...shown, ...middle, quoteText(last), quoteText(first)].join(' -> ');
}
