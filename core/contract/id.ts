import { z } from 'zod';

// Ids are parts of branch names, pod names, table keys and URLs, so each id has a closed alphabet.

export const planIdSchema = z
  .string()
  .regex(
    /^p[0-9a-hjkmnp-tv-z]{10}$/,
    'a plan id is "p" and 10 letters or digits, for example p3k9m2x7abc',
  );
/** Id of a plan, for example `p3k9m2x7abc`. */
export type PlanId = string;

export const taskIdSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,39}$/,
    'a task id is a lower-case letter, then up to 39 lower-case letters, digits or hyphens',
  );
/** Id of a task, unique in its plan, for example `add-login`. */
export type TaskId = string;

export const repositoryIdSchema = z
  .string()
  .regex(
    /^r[0-9a-hjkmnp-tv-z]{10}$/,
    'a repository id is "r" and 10 letters or digits, for example r3k9m2x7abc',
  );
/** Id of a linked repository, for example `r3k9m2x7abc`. */
export type RepositoryId = string;

/** Id `<plan>.r<run>.<task>.<n>`. The run number tells attempts of an old run from attempts of the current run. */
export const attemptIdSchema = z
  .string()
  .regex(
    /^p[0-9a-hjkmnp-tv-z]{10}\.r\d{1,4}\.[a-z][a-z0-9-]{0,39}\.\d{1,5}$/,
    'an attempt id is <plan>.r<run>.<task>.<number>, for example p3k9m2x7abc.r1.add-login.2',
  );
/** Id of an attempt, for example `p3k9m2x7abc.r1.add-login.2`. */
export type AttemptId = string;

/** Key of a task in one run of a plan; runs count from 1. */
export type TaskKey = { readonly plan: PlanId; readonly run: number; readonly task: TaskId };
/** Key of an attempt; `attemptNumber` counts the attempts of the task from 1. */
export type AttemptKey = TaskKey & { readonly attemptNumber: number };

/** Key of a merge queue. Each repository of a run has a root branch with a merge queue. */
export type MergeQueueKey = {
  readonly plan: PlanId;
  readonly run: number;
  /** Repository as `owner/name`. */
  readonly repo: string;
};

export function formatAttemptId(key: AttemptKey): AttemptId {
  return `${key.plan}.r${key.run}.${key.task}.${key.attemptNumber}`;
}

/** Parses an attempt id; returns undefined for any other text. */
export function parseAttemptId(id: string): AttemptKey | undefined {
  if (!attemptIdSchema.safeParse(id).success) return undefined;
  const [plan = '', run = '', task = '', n = ''] = id.split('.');
  return { plan, run: Number(run.slice(1)), task, attemptNumber: Number(n) };
}

export const shaSchema = z
  .string()
  .regex(/^[0-9a-f]{40}$/, 'a commit id is 40 lower-case hexadecimal digits');

const MAX_BRANCH_BYTES = 200;

/** Branch name that git accepts (git check-ref-format), in any script; at most 200 bytes of UTF-8. */
export const branchSchema = z
  .string()
  .min(1)
  .regex(
    /^(?!@$)(?!.*(\.\.|\/\/|@\{|\.lock$|\.lock\/|\/\.))(?![-./])[^\p{Cc}\p{Cs} ~^:?*[\\]+(?<![/.])$/u,
    'a branch name follows the rules of git check-ref-format: no space, none of ~ ^ : ? * [ \\, no ".." and no part that starts with "." or ends with ".lock"',
  )
  .refine((branch) => new TextEncoder().encode(branch).length <= MAX_BRANCH_BYTES, {
    message: `a branch name has at most ${MAX_BRANCH_BYTES} bytes`,
  });

/** Prefix of all branches of the platform, without characters that have a meaning in a shell or a URL. */
export const branchPrefixSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(
    /^(?!.*(\.\.|\/\/|@\{|\.lock$|\.lock\/|\/\.))[A-Za-z0-9_][A-Za-z0-9._/+@=-]*(?<![/.])$/,
    'a branch prefix has only letters, digits and . _ / + @ = -, and follows the rules of git check-ref-format',
  );

/** Relative path inside a repository, with forward slashes and without `..`. */
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
    'must be a path inside the repository: relative, with forward slashes and without ".."',
  );

// Branch names of a run. Git cannot have both `x` and `x/y` as branches, so no name is a path prefix of another name.

/** Formats the prefix of all branch names of a run, which ends with a slash. */
export function formatRunPrefix(prefix: string, plan: string, run: number): string {
  return `${prefix}/${plan}-r${run}/`;
}
export function formatRootBranch(
  prefix: string,
  key: { readonly plan: string; readonly run: number },
): string {
  return `${formatRunPrefix(prefix, key.plan, key.run)}root`;
}
/**
 * Formats the source branch of a task's pull request.
 *
 * @param endNode only for the `end` node, which may open several pull requests in turn: `firstAttempt` is the number of the first
 *   attempt on the branch
 */
export function formatTaskBranch(
  prefix: string,
  key: TaskKey,
  endNode?: { readonly firstAttempt: number },
): string {
  const suffix = endNode === undefined ? '' : `.${endNode.firstAttempt}`;
  return `${formatRunPrefix(prefix, key.plan, key.run)}t/${key.task}${suffix}`;
}
/** Formats the only branch that an attempt may push. */
export function formatAttemptBranch(prefix: string, key: AttemptKey): string {
  return `${formatRunPrefix(prefix, key.plan, key.run)}a/${key.task}-${key.attemptNumber}`;
}
/** Formats the branch on which the forge tries a merge. */
export function formatScratchBranch(prefix: string, key: TaskKey): string {
  return `${formatRunPrefix(prefix, key.plan, key.run)}s/${key.task}`;
}

/** Plan, run and task that a branch belongs to. `other` stands for attempt branches and scratch branches. */
export type BranchOwner = { readonly plan: string; readonly run: number } & (
  | { readonly kind: 'root' }
  | { readonly kind: 'task'; readonly task: string }
  | { readonly kind: 'other' }
);

/** Parses a branch name; returns undefined for a branch that the platform did not create. */
export function parseBranchName(prefix: string, branch: string): BranchOwner | undefined {
  if (!branch.startsWith(`${prefix}/`)) return undefined;
  const match =
    /^(p[0-9a-z]{10})-r(\d{1,4})\/(root|t\/([a-z][a-z0-9-]{0,39})(?:\.\d+)?|[as]\/.+)$/.exec(
      branch.slice(prefix.length + 1),
    );
  if (match === null) return undefined;
  const [, plan = '', run = '', leaf = '', task] = match;
  const key = { plan, run: Number(run) };
  if (leaf === 'root') return { ...key, kind: 'root' };
  return task === undefined ? { ...key, kind: 'other' } : { ...key, kind: 'task', task };
}

/** Hashes a text to an evenly distributed 32-bit number (FNV-1a). Not suitable for secrets. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1)
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
