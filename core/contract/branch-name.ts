import type { AttemptKey, TaskKey } from './id.ts';

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
 * @param end only for the `end` node, which may open several pull requests in turn: `firstAttempt` is the number of the first
 *   attempt on the branch
 */
export function formatTaskBranch(
  prefix: string,
  key: TaskKey,
  end?: { readonly firstAttempt: number },
): string {
  const suffix = end === undefined ? '' : `.${end.firstAttempt}`;
  return `${formatRunPrefix(prefix, key.plan, key.run)}t/${key.task}${suffix}`;
}
/** Formats the only branch that an attempt may push. */
export function formatAttemptBranch(prefix: string, key: AttemptKey): string {
  return `${formatRunPrefix(prefix, key.plan, key.run)}a/${key.task}-${key.n}`;
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
