import type { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';

// Conversion of schema errors into problems that a caller can fix, each with its location.

/** Part of a request. */
export type RequestPart = 'path' | 'query' | 'body' | 'header';
/** Problem of a request; `path` is a dotted path inside the part. */
export type RequestIssue = {
  readonly in: RequestPart;
  readonly path: string;
  readonly message: string;
};

const MAX_ISSUES = 20;
const MAX_NAME_CHARS = 100;

/** Creates the AppError `invalid_request`; lists at most 20 problems. */
export function createInvalidRequestError(issues: readonly RequestIssue[]): AppError {
  const shown = issues.slice(0, MAX_ISSUES);
  const [first] = shown;
  const location = first === undefined || first.path === '' ? 'the request' : first.path;
  const remainder = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  const message = `${location}: ${first?.message ?? 'is not valid'}${remainder}`;
  return new AppError('invalid', 'invalid_request', message, { details: { issues: shown } });
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
    const branch = issue.code === 'invalid_union' ? findClosestBranch(issue.errors) : undefined;
    if (branch !== undefined) return listIssues(part, branch, path);
    return [{ in: part, path: formatPath(path), message: describeIssue(issue) }];
  });
}

/** Selects the branch of a union with the fewest problems. */
function findClosestBranch(
  branches: readonly z.core.$ZodIssue[][],
): z.core.$ZodIssue[] | undefined {
  return branches.toSorted((a, b) => countProblems(a) - countProblems(b))[0];
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
