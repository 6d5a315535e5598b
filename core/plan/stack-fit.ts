import type { TaskSpec } from '../contract/task.ts';
import { quote } from '../graph/graph-problem.ts';
import type { Exploration } from './exploration.ts';
import { baseName, LOCKFILES, STACKS, type Stack, stackOfFile } from './stack.ts';

// A plan has to fit the stack that was found: a Python backend planned into a Node repository is the failure that a model
// which did not look makes. A stack is foreign when the repository shows no file of it and the request does not ask for it.

/** What a task names that its repository does not have, in words for the model. */
export function checkStackFit(
  tasks: readonly TaskSpec[],
  explorations: readonly Exploration[],
  prompt: string,
): string[] {
  const asked = stacksAskedFor(prompt);
  return tasks.flatMap((task) => {
    const exploration = explorations.find(({ repo }) => repo === task.repo) ?? explorations[0];
    if (exploration === undefined || !canTell(exploration)) return [];
    const present = stacksOf(exploration);
    const named = namedStacks(task);
    const foreign = [...named].filter(([stack]) => !present.has(stack) && !asked.has(stack));
    return [
      ...foreign.map(([stack, by]) => explain(task, stack, by, exploration)),
      ...checkLockfiles(task, exploration, prompt),
    ];
  });
}

/** An empty repository has no stack yet, and of a tree that was cut off the rest is not known. */
function canTell(exploration: Exploration): boolean {
  return !exploration.truncated && stacksOf(exploration).size > 0;
}

function stacksOf(exploration: Exploration): Set<Stack> {
  const languages = new Set(exploration.languages.map(({ name }) => name));
  const present = new Set(STACKS.filter(({ name }) => languages.has(name)));
  for (const path of exploration.manifestPaths) {
    const stack = stackOfFile(path);
    if (stack !== undefined) present.add(stack);
  }
  return present;
}

function stacksAskedFor(prompt: string): Set<Stack> {
  const asked = new Set(STACKS.filter(({ words }) => words.test(prompt)));
  for (const name of fileNames(prompt)) {
    const stack = stackOfFile(name);
    if (stack !== undefined) asked.add(stack);
  }
  return asked;
}

/** The stacks of a task, each with what gives it away. */
function namedStacks(task: TaskSpec): Map<Stack, string> {
  const text = [task.title, task.description, ...task.criteria].join('\n');
  const named = new Map<Stack, string>();
  for (const name of [...task.scope.flatMap(expandSuffix), ...fileNames(text)]) {
    const stack = stackOfFile(name);
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
function fileNames(text: string): string[] {
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
  const existing = exploration.manifestPaths.map(baseName).filter((name) => isLockfile(name));
  return task.scope
    .map(baseName)
    .filter((name) => isLockfile(name) && !existing.includes(name))
    .filter((name) => !prompt.includes(LOCKFILES[name] ?? name))
    .flatMap((name) => {
      const rival = existing.find((other) => stackOfFile(other) === stackOfFile(name));
      if (rival === undefined) return [];
      return [`${task.id} names ${name}, but ${exploration.repo} uses ${rival}; keep to it`];
    });
}

function isLockfile(name: string): boolean {
  return Object.hasOwn(LOCKFILES, name);
}

function explain(task: TaskSpec, stack: Stack, by: string, exploration: Exploration): string {
  const has = [...stacksOf(exploration)].map(({ name }) => name).join(', ');
  return `${task.id} is for ${stack.name} (${quote(by)}), but ${exploration.repo} has no ${stack.name}: it is ${has}, and the request asks for nothing else; plan it with what the repository has`;
}
