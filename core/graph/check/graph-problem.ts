import { taskIdSchema } from '../../contract/id.ts';

/** A defect of a graph. The message names the defect, the place and the remedy. */
export type GraphProblem = {
  /** Stable identifier in snake_case. */
  readonly code: string;
  /** Id of the defective task; absent when the whole graph is defective. */
  readonly task?: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
};

/** Tells whether any problem is an error; a graph with only warnings can run. */
export function hasErrors(problems: readonly GraphProblem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

const MAX_QUOTED_CHARS = 80;
const MAX_LISTED_ITEMS = 10;

/** Quotes untrusted text on one line, cut to 80 characters; returns a valid task id without quotes. */
export function quoteText(text: string): string {
  if (taskIdSchema.safeParse(text).success) return text;
  const characters = Array.from(text);
  const shortened =
    characters.length > MAX_QUOTED_CHARS
      ? `${characters.slice(0, MAX_QUOTED_CHARS).join('')}…`
      : text;
  return JSON.stringify(shortened);
}

/** Quotes the first ten texts of a list and adds the number of the others. */
export function quoteList(texts: readonly string[], separator = ', '): string {
  const shown = texts.slice(0, MAX_LISTED_ITEMS).map(quoteText).join(separator);
  const omitted = texts.length - MAX_LISTED_ITEMS;
  return omitted > 0 ? `${shown}${separator}... (${omitted} more)` : shown;
}

/** Renders a cycle as "a -> b -> a"; shortens the middle of a long cycle. */
export function quoteCycle(members: readonly string[]): string {
  const [first = '', last = ''] = [members[0], members.at(-1)];
  if (members.length <= MAX_LISTED_ITEMS) return [...members, first].map(quoteText).join(' -> ');
  const shown = members.slice(0, MAX_LISTED_ITEMS - 1).map(quoteText);
  const omitted = members.length - MAX_LISTED_ITEMS;
  const middle = omitted > 0 ? [`... (${omitted} more)`] : [];
  return [...shown, ...middle, quoteText(last), quoteText(first)].join(' -> ');
}
