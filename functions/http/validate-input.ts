import type { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';

// Turns what a schema says into what a caller can act on: each problem with the place where it is.

export type RequestPart = 'path' | 'query' | 'body' | 'header';
export type RequestIssue = {
  readonly in: RequestPart;
  readonly path: string;
  readonly message: string;
};

const MAX_ISSUES = 20;
const MAX_NAME_CHARS = 100;

export function createInvalidRequestError(issues: readonly RequestIssue[]): AppError {
  const shown = issues.slice(0, MAX_ISSUES);
  const [first] = shown;
  const where = first === undefined || first.path === '' ? 'the request' : first.path;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  const message = `${where}: ${first?.message ?? 'is not valid'}${more}`;
  return new AppError('invalid', 'invalid_request', message, { details: { issues: shown } });
}

/** Throws `invalid_request` with `issues: [{in, path, message}]`. */
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
        message: 'is not known here',
      }));
    const branch = issue.code === 'invalid_union' ? findClosestBranch(issue.errors) : undefined;
    if (branch !== undefined) return listIssues(part, branch, path);
    return [{ in: part, path: formatPath(path), message: describeIssue(issue) }];
  });
}

/** Of several shapes that would do, the one that the value misses least. */
function findClosestBranch(
  branches: readonly z.core.$ZodIssue[][],
): z.core.$ZodIssue[] | undefined {
  return branches.toSorted((a, b) => countFaults(a) - countFaults(b))[0];
}

function countFaults(issues: readonly z.core.$ZodIssue[]): number {
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
