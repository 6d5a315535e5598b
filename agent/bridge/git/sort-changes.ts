import type { Scope } from '../../../core/graph/scope/scope.ts';
import { compileScope, scopeContains } from '../../../core/graph/scope/scope.ts';

// Which of an attempt's changes are committed, and which of them a person should look at.

export type Change = { readonly path: string; readonly status: 'A' | 'M' | 'D' };
export type LeftOut = { readonly path: string; readonly task: string };
export type Flagged = { readonly path: string; readonly why: string };

export type ScopeRules = {
  /** Of the task. Empty: none was declared, the whole repository is its own. */
  readonly own: readonly string[];
  /** Declared by unfinished tasks with no ordering to this one. */
  readonly foreign: readonly { readonly task: string; readonly scope: readonly string[] }[];
  /** Order nobody. */
  readonly shared: readonly string[];
};

export type SortedChanges = { readonly commit: Change[]; readonly leftOut: (Change & LeftOut)[] };

/** A change is left out only if it is outside the own scope and inside a foreign one. `must` is committed in any case. */
export function sortChanges(
  changes: readonly Change[],
  rules: ScopeRules,
  must: ReadonlySet<string> = new Set(),
): SortedChanges {
  const sorted: SortedChanges = { commit: [], leftOut: [] };
  const compiled = compileRules(rules);
  for (const change of changes) {
    const owner = must.has(change.path) ? undefined : findForeignOwner(change.path, compiled);
    if (owner === undefined) sorted.commit.push(change);
    else sorted.leftOut.push({ ...change, task: owner });
  }
  return sorted;
}

/** Prepared once for many paths. */
type CompiledRules = {
  /** Undefined: the whole repository is its own. */
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
const SCRIPT_FILES: Record<string, string> = {
  npm: 'package.json',
  pnpm: 'package.json',
  yarn: 'package.json',
  bun: 'package.json',
  make: 'Makefile',
  just: 'justfile',
  tox: 'tox.ini',
};

/** What a person should look at among changes that were committed. */
export function flagChanges(
  changes: readonly Change[],
  rules: ScopeRules,
  verify: readonly (readonly string[])[],
): Flagged[] {
  const flagged: Flagged[] = [];
  const compiled = compileRules(rules);
  for (const change of changes) {
    const whys = findFlagReasons(change, compiled, verify);
    if (whys.length > 0) flagged.push({ path: change.path, why: whys.join('; ') });
  }
  return flagged;
}

function findFlagReasons(
  change: Change,
  rules: CompiledRules,
  verify: readonly (readonly string[])[],
) {
  const whys: string[] = [];
  if (!isOwnPath(change.path, rules)) whys.push('outside the scope of the task');
  if (CI_PATH.test(change.path)) whys.push('changes CI');
  if (PROJECT_CONFIG_FILE.test(change.path))
    whys.push('changes how this repository is set up and verified');
  if (verify.some((command) => commandRunsFile(command, change.path)))
    whys.push('named in a verify command');
  if (change.status === 'D' && TEST_PATH.test(change.path)) whys.push('deletes a test');
  return whys;
}

function commandRunsFile(command: readonly string[], path: string): boolean {
  const [program = '', ...args] = command;
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (SCRIPT_FILES[name] === path) return true;
  return [program, ...args].some((argument) => argument.replace(/^\.\//, '') === path);
}
