import type { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';

// Converts schema errors into problems that a caller can fix, each with its location.

/** Part of a request. */
export type RequestPart = 'path' | 'query' | 'body' | 'header';
/** Problem of a request; `path` is a dotted path inside the part, or empty for a problem of the whole part. */
export type RequestIssue = {
  readonly in: RequestPart;
  readonly path: string;
  readonly message: string;
};

const PART_NAMES: Readonly<Record<RequestPart, string>> = {
  path: 'the request path',
  query: 'the query string',
  body: 'the request body',
  header: 'the HTTP header',
};
/**
 * Matches a message that follows the location as the rest of a sentence, such as "is missing". Other messages follow after a
 * colon.
 */
const PREDICATE_START = /^(is|has|must|contains) /;
const MAX_ISSUES = 20;
const MAX_NAME_CHARS = 100;

/** Creates the AppError `invalid_request`; lists at most 20 problems. */
export function createInvalidRequestError(issues: readonly RequestIssue[]): AppError {
  const listedIssues = issues.slice(0, MAX_ISSUES);
  const [first] = listedIssues;
  const problem = first === undefined ? 'the request is not valid' : formatIssue(first);
  const remainder = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  const message = `${problem}${remainder}`;
  return new AppError('invalid', 'invalid_request', message, { details: { issues: listedIssues } });
}

function formatIssue(issue: RequestIssue): string {
  const location = issue.path === '' ? PART_NAMES[issue.in] : issue.path;
  const separator = PREDICATE_START.test(issue.message) ? ' ' : ': ';
  return `${location}${separator}${issue.message}`;
}

/** Parses a part of a request; throws AppError `invalid_request` with all problems as `issues` in its details. */
export function validateInput(part: RequestPart, schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw createInvalidRequestError(listIssues(part, parsed.error.issues, []));
}

type IssuePath = readonly PropertyKey[];

function listIssues(
  part: RequestPart,
  issues: readonly z.core.$ZodIssue[],
  prefix: IssuePath,
): RequestIssue[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        in: part,
        path: formatPath([...path, key]),
        message: 'is not a known field',
      }));
    const alternative =
      issue.code === 'invalid_union' ? findClosestAlternative(issue.errors) : undefined;
    if (alternative !== undefined) return listIssues(part, alternative, path);
    return [{ in: part, path: formatPath(path), message: describeIssue(issue) }];
  });
}

/** Selects the alternative of a union with the fewest problems. */
function findClosestAlternative(
  alternatives: readonly z.core.$ZodIssue[][],
): z.core.$ZodIssue[] | undefined {
  return alternatives.toSorted((a, b) => countProblems(a) - countProblems(b))[0];
}

function countProblems(issues: readonly z.core.$ZodIssue[]): number {
  let count = 0;
  for (const issue of issues) count += issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
  return count;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return 'is missing';
  return truncateText(issue.message, 500);
}

function formatPath(path: IssuePath): string {
  return truncateText(
    path.map((step) => truncateText(String(step), MAX_NAME_CHARS)).join('.'),
    400,
  );
}

function truncateText(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}...`;
}
