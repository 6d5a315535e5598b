import type { Scope } from '../../../core/graph/scope/scope.ts';
import { compileScope, scopeContains } from '../../../core/graph/scope/scope.ts';
import type { GitPath } from './git-path.ts';
import { toDisplayPath } from './git-path.ts';

// Decides which changes of an attempt are committed.

/** Change of one path: added, modified or deleted. */
export type Change = { readonly path: GitPath; readonly status: 'A' | 'M' | 'D' };

/** Changed path in display form that is not committed, because the path belongs to the other task `task`. */
export type LeftOut = { readonly path: string; readonly task: string };

/** Change between two commits, with the ids of its contents; an id of zeros means no content. */
export type CommittedChange = Change & {
  /** Mode of the new entry, such as 100644; 160000 for a submodule. */
  readonly mode: string;
  readonly oldBlob: string;
  readonly newBlob: string;
};

/** Scopes that decide about a change, as globs. */
export type ScopeRules = {
  /** Scope of the task of this attempt. Empty: the task declares no scope and may change the whole repository. */
  readonly own: readonly string[];
  /** Scopes of unfinished tasks that may run at the same time as the task of this attempt. */
  readonly foreign: readonly { readonly task: string; readonly scope: readonly string[] }[];
  /** Paths that every task may change, such as lockfiles. */
  readonly shared: readonly string[];
};

/** Changes to commit, and changes to leave out of the commit. */
export type SortedChanges = {
  readonly toCommit: Change[];
  /** `task`: owner of the path. */
  readonly leftOut: (Change & { readonly task: string })[];
};

/**
 * Decides which changes to commit. Leaves out a change outside the scope of the task and inside the scope of another task.
 *
 * @param alwaysCommit paths that are committed in any case, such as files in conflict that the agent had to resolve
 */
export function sortChanges(
  changes: readonly Change[],
  rules: ScopeRules,
  alwaysCommit: ReadonlySet<GitPath> = new Set(),
): SortedChanges {
  const sorted: SortedChanges = { toCommit: [], leftOut: [] };
  const compiled = compileRules(rules);
  for (const change of changes) {
    const otherTask = alwaysCommit.has(change.path)
      ? undefined
      : findForeignOwner(toDisplayPath(change.path), compiled);
    if (otherTask === undefined) sorted.toCommit.push(change);
    else sorted.leftOut.push({ ...change, task: otherTask });
  }
  return sorted;
}

/** Scopes in compiled form. */
export type CompiledRules = {
  /** Undefined: the task may change the whole repository. */
  readonly own: Scope | undefined;
  readonly foreign: { readonly task: string; readonly scope: Scope }[];
  readonly shared: Scope;
};

/** Compiles scopes for several checks. */
export function compileRules({ own, foreign, shared }: ScopeRules): CompiledRules {
  return {
    own: own.length === 0 ? undefined : compileScope(own),
    foreign: foreign.map(({ task, scope }) => ({ task, scope: compileScope(scope) })),
    shared: compileScope(shared),
  };
}

function findForeignOwner(path: string, rules: CompiledRules): string | undefined {
  if (isOwnPath(path, rules)) return undefined;
  return rules.foreign.find((other) => scopeContains(other.scope, path))?.task;
}

/** Returns whether the task may change a path in display form. */
export function isOwnPath(path: string, { own, shared }: CompiledRules): boolean {
  return own === undefined || scopeContains(own, path) || scopeContains(shared, path);
}
