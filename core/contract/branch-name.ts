import type { AttemptKey, TaskKey } from './id.ts';

// Branch names of a run. `root` is a leaf beside `t/` and `a/`: git cannot have a branch below a branch.

export function formatRunPrefix(prefix: string, plan: string, run: number): string {
  return `${prefix}/${plan}-r${run}/`;
}
export function formatRootBranch(
  prefix: string,
  key: { readonly plan: string; readonly run: number },
): string {
  return `${formatRunPrefix(prefix, key.plan, key.run)}root`;
}
/** The head of the task's pull request. `end` may have several in turn, each told apart by the attempt that began it. */
export function formatTaskBranch(
  prefix: string,
  key: TaskKey,
  end?: { readonly begun: number },
): string {
  const suffix = end === undefined ? '' : `.${end.begun}`;
  return `${formatRunPrefix(prefix, key.plan, key.run)}t/${key.task}${suffix}`;
}
/** The only branch that an attempt may push. */
export function formatAttemptBranch(prefix: string, key: AttemptKey): string {
  return `${formatRunPrefix(prefix, key.plan, key.run)}a/${key.task}-${key.n}`;
}
export function formatScratchBranch(prefix: string, key: TaskKey): string {
  return `${formatRunPrefix(prefix, key.plan, key.run)}s/${key.task}`;
}

export type BranchOwner = { readonly plan: string; readonly run: number } & (
  | { readonly kind: 'root' }
  | { readonly kind: 'task'; readonly task: string }
  | { readonly kind: 'other' }
);

/** Whose branch it is; undefined: not ours. */
export function parseBranchName(prefix: string, branch: string): BranchOwner | undefined {
  if (!branch.startsWith(`${prefix}/`)) return undefined;
  const match =
    /^(p[0-9a-z]{10})-r(\d{1,4})\/(root|t\/([a-z][a-z0-9-]{0,39})(?:\.\d+)?|[as]\/.+)$/.exec(
      branch.slice(prefix.length + 1),
    );
  if (match === null) return undefined;
  const [, plan = '', run = '', rest = '', task] = match;
  const key = { plan, run: Number(run) };
  if (rest === 'root') return { ...key, kind: 'root' };
  return task === undefined ? { ...key, kind: 'other' } : { ...key, kind: 'task', task };
}
