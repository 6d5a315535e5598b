import { taskIdSchema } from '../contract/id.ts';

/** `code` is snake_case and stable; `message` says what is wrong, where, and what to do. */
export type GraphProblem = {
  code: string;
  /** Id of the task it is about. */
  task?: string;
  message: string;
  severity: 'error' | 'warning';
};

export function hasErrors(problems: readonly GraphProblem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

const MAX_QUOTED = 80;
const MAX_LISTED = 10;

/** What others wrote, on one line and bounded. A well-formed id stands without quotes. */
export function quote(text: string): string {
  if (taskIdSchema.safeParse(text).success) return text;
  const characters = Array.from(text);
  const cut =
    characters.length > MAX_QUOTED ? `${characters.slice(0, MAX_QUOTED).join('')}…` : text;
  return JSON.stringify(cut);
}

export function quoteList(list: readonly string[], separator = ', '): string {
  const shown = list.slice(0, MAX_LISTED).map(quote).join(separator);
  const more = list.length - MAX_LISTED;
  return more > 0 ? `${shown}${separator}... (${more} more)` : shown;
}

/** "a -> b -> a"; of a long one the beginning and the end. */
export function quoteCycle(members: readonly string[]): string {
  const [first = '', last = ''] = [members[0], members.at(-1)];
  if (members.length <= MAX_LISTED) return [...members, first].map(quote).join(' -> ');
  const shown = members.slice(0, MAX_LISTED - 1).map(quote);
  const left = members.length - MAX_LISTED;
  const middle = left > 0 ? [`... (${left} more)`] : [];
  return [...shown, ...middle, quote(last), quote(first)].join(' -> ');
}
