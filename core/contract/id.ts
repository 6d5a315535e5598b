import { z } from 'zod';

// Ids go into branch names, pod names, keys and URLs; their alphabets are closed here, once.

export const planIdSchema = z
  .string()
  .regex(/^p[0-9a-hjkmnp-tv-z]{10}$/, 'a plan id looks like p3k9m2x7abc');
export type PlanId = string;

export const taskIdSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,39}$/,
    'a task id is a lower-case letter, then up to 39 lower-case letters, digits or hyphens',
  );
export type TaskId = string;

export const repositoryIdSchema = z
  .string()
  .regex(/^r[0-9a-hjkmnp-tv-z]{10}$/, 'a repository id looks like r3k9m2x7abc');
export type RepositoryId = string;

/** `<plan>.r<run>.<task>.<n>`: everything a callback, a pod or a branch of an old run needs to be told apart. */
export const attemptIdSchema = z
  .string()
  .regex(
    /^p[0-9a-hjkmnp-tv-z]{10}\.r\d{1,4}\.[a-z][a-z0-9-]{0,39}\.\d{1,5}$/,
    'an attempt id looks like p3k9m2x7abc.r1.add-login.2',
  );
export type AttemptId = string;

export type TaskKey = { readonly plan: PlanId; readonly run: number; readonly task: TaskId };
export type AttemptKey = TaskKey & { readonly n: number };

/** Key of the merge queue of one root branch: one for each repository in a run. */
export type MergeQueueKey = {
  readonly plan: PlanId;
  readonly run: number;
  /** Repository as `owner/name`. */
  readonly repo: string;
};

export function formatAttemptId(key: AttemptKey): AttemptId {
  return `${key.plan}.r${key.run}.${key.task}.${key.n}`;
}

/** Undefined when it is not an attempt id. */
export function parseAttemptId(id: string): AttemptKey | undefined {
  if (!attemptIdSchema.safeParse(id).success) return undefined;
  const [plan = '', run = '', task = '', n = ''] = id.split('.');
  return { plan, run: Number(run.slice(1)), task, n: Number(n) };
}

export const shaSchema = z.string().regex(/^[0-9a-f]{40}$/, 'a commit id is 40 hexadecimal digits');

/** A branch name as git's check-ref-format accepts it, without what a shell or a URL would read differently. */
export const branchSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(
    /^(?!.*(\.\.|\/\/|@\{|\.lock$|\.lock\/|\/\.))[A-Za-z0-9_][A-Za-z0-9._/+@=-]*(?<![/.])$/,
    'not a usable branch name',
  );

/** A path inside a repository: relative, forward slashes, nothing that leaves it. */
export const repoPathSchema = z
  .string()
  .min(1)
  .max(400)
  .refine(
    (path) =>
      !path.startsWith('/') &&
      !path.includes('\\') &&
      !path.includes('\0') &&
      !path.split('/').includes('..'),
    'a path inside the repository, relative and without ".."',
  );
