import type { Scope } from '../../../core/graph/scope/scope.ts';
import { compileScope, scopeContains } from '../../../core/graph/scope/scope.ts';
import type { GitPath } from './git-path.ts';
import { toDisplayPath } from './git-path.ts';

// Decides which changes of an attempt are committed, and which committed changes a person should review.

/** Change of one path: added, modified or deleted. */
export type Change = { readonly path: GitPath; readonly status: 'A' | 'M' | 'D' };

/** Changed path in display form that is not committed, because the path belongs to the other task `task`. */
export type LeftOut = { readonly path: string; readonly task: string };

/** Committed path in display form that a person should review; `why` contains reasons, separated by semicolons. */
export type Flagged = { readonly path: string; readonly why: string };

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

type CompiledRules = {
  /** Undefined: the task may change the whole repository. */
  readonly own: Scope | undefined;
  readonly foreign: { readonly task: string; readonly scope: Scope }[];
  readonly shared: Scope;
};

function compileRules({ own, foreign, shared }: ScopeRules): CompiledRules {
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

function isOwnPath(path: string, { own, shared }: CompiledRules): boolean {
  return own === undefined || scopeContains(own, path) || scopeContains(shared, path);
}

const CI_PATH =
  /^(\.github\/(workflows|actions)\/|\.circleci\/|\.buildkite\/|\.ci\/|\.gitlab-ci\.ya?ml$|\.travis\.ya?ml$|Jenkinsfile$|azure-pipelines\.ya?ml$|bitbucket-pipelines\.ya?ml$)/;
const PROJECT_CONFIG_FILE = /^\.smol-gang\.ya?ml$/;
const TEST_PATH =
  /(^|\/)(tests?|__tests__|spec|specs|testdata)\/|(^|\/)(test_[^/]*|conftest\.py|[^/]*([._-](test|spec)|_tests?)\.[^/]+|[^/]*Tests?\.(java|kt|cs|swift))$/;
/** File with the scripts of each script runner. A change of this file can change a verify command. */
const SCRIPT_FILES: Record<string, string> = {
  npm: 'package.json',
  pnpm: 'package.json',
  yarn: 'package.json',
  bun: 'package.json',
  make: 'Makefile',
  just: 'justfile',
  tox: 'tox.ini',
};

/** Returns the committed changes that a person should review. */
export function flagChanges(
  changes: readonly Change[],
  rules: ScopeRules,
  verify: readonly (readonly string[])[],
): Flagged[] {
  const flagged: Flagged[] = [];
  const compiled = compileRules(rules);
  for (const change of changes) {
    const path = toDisplayPath(change.path);
    const reasons = findFlagReasons(path, change.status, compiled, verify);
    if (reasons.length > 0) flagged.push({ path, why: reasons.join('; ') });
  }
  return flagged;
}

function findFlagReasons(
  path: string,
  status: Change['status'],
  rules: CompiledRules,
  verify: readonly (readonly string[])[],
) {
  const reasons: string[] = [];
  if (!isOwnPath(path, rules)) reasons.push('outside the scope of the task');
  if (CI_PATH.test(path)) reasons.push('changes CI');
  if (PROJECT_CONFIG_FILE.test(path))
    reasons.push('changes how this repository is set up and verified');
  if (verify.some((command) => commandUsesFile(command, path)))
    reasons.push('used by a verify command');
  if (status === 'D' && TEST_PATH.test(path)) reasons.push('deletes a test');
  return reasons;
}

/** Returns whether a command names the file, or runs a script runner that looks up its scripts in the file. */
function commandUsesFile(command: readonly string[], path: string): boolean {
  const [program = '', ...args] = command;
  const programName = program.slice(program.lastIndexOf('/') + 1);
  if (SCRIPT_FILES[programName] === path) return true;
  return [program, ...args].some((argument) => argument.replace(/^\.\//, '') === path);
}
