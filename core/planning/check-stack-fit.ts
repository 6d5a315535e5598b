import type { TaskSpec } from '../contract/task.ts';
import { quoteText } from '../graph/check/graph-problem.ts';
import type { Exploration } from './explore/exploration.ts';
import type { Stack } from './explore/stack.ts';
import { findStackOfFile, getBaseName, LOCKFILES, STACKS } from './explore/stack.ts';

// Rejects tasks for another technology, such as a Python backend in a Node.js repository: a typical mistake of a model. A stack
// is foreign if the repository contains none of its files and the request does not mention the stack.

/** Returns a message for the model about each foreign stack in a task. */
export function checkStackFit(
  tasks: readonly TaskSpec[],
  explorations: readonly Exploration[],
  prompt: string,
): string[] {
  const requested = findRequestedStacks(prompt);
  return tasks.flatMap((task) => {
    const exploration = explorations.find(({ repo }) => repo === task.repo) ?? explorations[0];
    if (exploration === undefined || !stacksAreKnown(exploration)) return [];
    const present = listStacks(exploration);
    const namedStacks = findNamedStacks(task);
    const foreign = [...namedStacks].filter(
      ([stack]) => !present.has(stack) && !requested.has(stack),
    );
    return [
      ...foreign.map(([stack, clue]) => explainForeignStack(task, stack, clue, exploration)),
      ...checkLockfiles(task, exploration, prompt),
    ];
  });
}

/** Returns false for a repository without a stack, and for a truncated tree, which may hide a stack. */
function stacksAreKnown(exploration: Exploration): boolean {
  return !exploration.truncated && listStacks(exploration).size > 0;
}

function listStacks(exploration: Exploration): Set<Stack> {
  const languages = new Set(exploration.languages.map(({ name }) => name));
  const present = new Set(STACKS.filter(({ name }) => languages.has(name)));
  for (const path of exploration.manifestPaths) {
    const stack = findStackOfFile(path);
    if (stack !== undefined) present.add(stack);
  }
  return present;
}

function findRequestedStacks(prompt: string): Set<Stack> {
  const requested = new Set(STACKS.filter(({ wordsInRequest }) => wordsInRequest.test(prompt)));
  for (const name of findFileNames(prompt)) {
    const stack = findStackOfFile(name);
    if (stack !== undefined) requested.add(stack);
  }
  return requested;
}

/** Finds the stacks that a task names, each with the file name or word that names the stack. */
function findNamedStacks(task: TaskSpec): Map<Stack, string> {
  const text = [task.title, task.description, ...task.criteria].join('\n');
  const named = new Map<Stack, string>();
  for (const name of [...task.scope.flatMap(expandSuffix), ...findFileNames(text)]) {
    const stack = findStackOfFile(name);
    if (stack !== undefined && !named.has(stack)) named.set(stack, name);
  }
  for (const stack of STACKS) {
    const tool = named.has(stack) ? null : stack.wordsInTask.exec(text);
    if (tool !== null) named.set(stack, tool[0]);
  }
  return named;
}

/** Expands `src/*.{ts,tsx}` into a path per extension. */
function expandSuffix(path: string): string[] {
  const suffix = /\.\{([^{}]*)\}$/.exec(path);
  if (suffix === null) return [path];
  const stem = path.slice(0, suffix.index);
  return (suffix[1] ?? '').split(',').map((extension) => `${stem}.${extension.trim()}`);
}

/** Extracts words that look like a file name. */
function findFileNames(text: string): string[] {
  return text
    .slice(0, 100_000)
    .split(/[\s`'"()[\]{},;:<>*|]+/)
    .map((word) => word.replace(/[.?!]+$/, ''))
    .filter(
      (word) => word.includes('.') || STACKS.some(({ manifests }) => manifests.includes(word)),
    );
}

/** Rejects a second package manager, such as `yarn.lock` beside `package-lock.json`. */
function checkLockfiles(task: TaskSpec, exploration: Exploration, prompt: string): string[] {
  const existing = exploration.manifestPaths.map(getBaseName).filter((name) => isLockfile(name));
  return task.scope
    .map(getBaseName)
    .filter((name) => isLockfile(name) && !existing.includes(name))
    .filter((name) => !prompt.includes(LOCKFILES[name] ?? name))
    .flatMap((name) => {
      const existingLockfile = existing.find(
        (lockfile) => findStackOfFile(lockfile) === findStackOfFile(name),
      );
      if (existingLockfile === undefined) return [];
      return [
        `task ${task.id} names ${name}, but ${exploration.repo} uses ${existingLockfile}; use the existing package manager`,
      ];
    });
}

function isLockfile(name: string): boolean {
  return Object.hasOwn(LOCKFILES, name);
}

function explainForeignStack(
  task: TaskSpec,
  stack: Stack,
  clue: string,
  exploration: Exploration,
): string {
  const stackNames = [...listStacks(exploration)].map(({ name }) => name).join(', ');
  return `task ${task.id} uses ${stack.name} (${quoteText(clue)}), but ${exploration.repo} contains no ${stack.name}: its stack is ${stackNames}, and the request asks for no other; plan the task with the stack of the repository`;
}
