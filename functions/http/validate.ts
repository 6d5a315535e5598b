import type { z } from 'zod';
import { AppError } from '../../core/error.ts';

// Turns what a schema says into what a caller can act on: each problem with the place where it is.

export type Part = 'path' | 'query' | 'body' | 'header';
export type Issue = { readonly in: Part; readonly path: string; readonly message: string };

const MAX_ISSUES = 20;
const MAX_NAME = 100;

export function invalidRequest(issues: readonly Issue[]): AppError {
  const shown = issues.slice(0, MAX_ISSUES);
  const [first] = shown;
  const where = first === undefined || first.path === '' ? 'the request' : first.path;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  const message = `${where}: ${first?.message ?? 'is not valid'}${more}`;
  return new AppError('invalid', 'invalid_request', message, { details: { issues: shown } });
}

/** Throws `invalid_request` with `issues: [{in, path, message}]`. */
export function validate(part: Part, schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidRequest(issuesOf(part, parsed.error.issues, []));
}

type Path = readonly PropertyKey[];

function issuesOf(part: Part, issues: readonly z.core.$ZodIssue[], prefix: Path): Issue[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        in: part,
        path: written([...path, key]),
        message: 'is not known here',
      }));
    const branch = issue.code === 'invalid_union' ? closest(issue.errors) : undefined;
    if (branch !== undefined) return issuesOf(part, branch, path);
    return [{ in: part, path: written(path), message: messageOf(issue) }];
  });
}

/** Of several shapes that would do, the one that the value misses least. */
function closest(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  return branches.toSorted((a, b) => faults(a) - faults(b))[0];
}

function faults(issues: readonly z.core.$ZodIssue[]): number {
  let count = 0;
  for (const issue of issues) count += issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
  return count;
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return 'is missing';
  return cut(issue.message, 500);
}

function written(path: Path): string {
  return cut(path.map((step) => cut(String(step), MAX_NAME)).join('.'), 400);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}...`;
}
