import type { TaskSpec } from '../contract/task.ts';
import { quoteText } from '../graph/check/graph-problem.ts';
import type { Exploration } from './explore/exploration.ts';
import type { Stack } from './explore/stack.ts';
import { findStackOfFile, getBaseName, LOCKFILES, STACKS } from './explore/stack.ts';

// A plan has to fit the stack that was found: a Python backend planned into a Node repository is the failure that a model
// which did not look makes. A stack is foreign when the repository shows no file of it and the request does not ask for it.

/** What a task names that its repository does not have, in words for the model. */
export function checkStackFit(
  tasks: readonly TaskSpec[],
  explorations: readonly Exploration[],
  prompt: string,
): string[] {
  const asked = findRequestedStacks(prompt);
  return tasks.flatMap((task) => {
    const exploration = explorations.find(({ repo }) => repo === task.repo) ?? explorations[0];
    if (exploration === undefined || !hasKnownStack(exploration)) return [];
    const present = listStacks(exploration);
    const named = findNamedStacks(task);
    const foreign = [...named].filter(([stack]) => !present.has(stack) && !asked.has(stack));
    return [
      ...foreign.map(([stack, by]) => explainForeignStack(task, stack, by, exploration)),
      ...checkLockfiles(task, exploration, prompt),
    ];
  });
}

/** An empty repository has no stack yet, and of a tree that was cut off the rest is not known. */
function hasKnownStack(exploration: Exploration): boolean {
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
  const asked = new Set(STACKS.filter(({ words }) => words.test(prompt)));
  for (const name of findFileNames(prompt)) {
    const stack = findStackOfFile(name);
    if (stack !== undefined) asked.add(stack);
  }
  return asked;
}

/** The stacks of a task, each with what gives it away. */
function findNamedStacks(task: TaskSpec): Map<Stack, string> {
  const text = [task.title, task.description, ...task.criteria].join('\n');
  const named = new Map<Stack, string>();
  for (const name of [...task.scope.flatMap(expandSuffix), ...findFileNames(text)]) {
    const stack = findStackOfFile(name);
    if (stack !== undefined && !named.has(stack)) named.set(stack, name);
  }
  for (const stack of STACKS) {
    const tool = named.has(stack) ? null : stack.tools.exec(text);
    if (tool !== null) named.set(stack, tool[0]);
  }
  return named;
}

/** `src/*.{ts,tsx}` as the file names it stands for. */
function expandSuffix(path: string): string[] {
  const suffix = /\.\{([^{}]*)\}$/.exec(path);
  if (suffix === null) return [path];
  const stem = path.slice(0, suffix.index);
  return (suffix[1] ?? '').split(',').map((extension) => `${stem}.${extension.trim()}`);
}

/** Words that could be file names. */
function findFileNames(text: string): string[] {
  return text
    .slice(0, 100_000)
    .split(/[\s`'"()[\]{},;:<>*|]+/)
    .map((word) => word.replace(/[.?!]+$/, ''))
    .filter(
      (word) => word.includes('.') || STACKS.some(({ manifests }) => manifests.includes(word)),
    );
}

/** Another package manager of a stack that is there: `yarn.lock` where `package-lock.json` is. */
function checkLockfiles(task: TaskSpec, exploration: Exploration, prompt: string): string[] {
  const existing = exploration.manifestPaths.map(getBaseName).filter((name) => isLockfile(name));
  return task.scope
    .map(getBaseName)
    .filter((name) => isLockfile(name) && !existing.includes(name))
    .filter((name) => !prompt.includes(LOCKFILES[name] ?? name))
    .flatMap((name) => {
      const rival = existing.find((other) => findStackOfFile(other) === findStackOfFile(name));
      if (rival === undefined) return [];
      return [`${task.id} names ${name}, but ${exploration.repo} uses ${rival}; keep to it`];
    });
}

function isLockfile(name: string): boolean {
  return Object.hasOwn(LOCKFILES, name);
}

function explainForeignStack(
  task: TaskSpec,
  stack: Stack,
  by: string,
  exploration: Exploration,
): string {
  const has = [...listStacks(exploration)].map(({ name }) => name).join(', ');
  return `${task.id} is for ${stack.name} (${quoteText(by)}), but ${exploration.repo} has no ${stack.name}: it is ${has}, and the request asks for nothing else; plan it with what the repository has`;
}
