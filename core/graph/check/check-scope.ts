import { repoPathSchema } from '../../contract/id.ts';
import type { TaskSpec } from '../../contract/task.ts';
import type { Pattern } from '../scope/pattern.ts';
import { compilePattern, GLOBSTAR } from '../scope/pattern.ts';
import type { GraphProblem } from './graph-problem.ts';
import { quoteList, quoteText } from './graph-problem.ts';

/** Largest number of top-level directories in the scope of a task from a model. */
const MAX_TOP_LEVEL_DIRECTORIES = 6;

/** Checks the paths of a task's scope. Stricter rules apply to a task from a model than to a task from a person. */
export function checkScope(task: TaskSpec, source: 'model' | 'person'): GraphProblem[] {
  const name = quoteText(task.id);
  if (task.scope.length === 0) {
    if (source === 'person') return [];
    const message = `task ${name} has no scope, so it may change the same files as a task that runs at the same time; list the paths that the task may change`;
    return [{ code: 'empty_scope', task: task.id, message, severity: 'warning' }];
  }
  const problems = task.scope
    .map((path) => checkScopePath(task.id, path))
    .filter((problem) => problem !== undefined);
  if (problems.length > 0) return problems;
  const patterns = task.scope.flatMap(compilePattern);
  const severity = source === 'model' ? 'error' : 'warning';
  const broadest = patterns.find(coversWholeRepository);
  if (broadest !== undefined) {
    const message = `the scope ${quoteText(broadest.text)} of task ${name} covers the whole repository, so no other task could run at the same time; list the paths that the task changes, or split the task`;
    return [{ code: 'broad_scope', task: task.id, message, severity }];
  }
  const directories = [
    ...new Set(patterns.map(getTopLevelDirectory).filter((name) => name !== undefined)),
  ];
  if (source === 'person' || directories.length <= MAX_TOP_LEVEL_DIRECTORIES) return [];
  const message = `task ${name} spans ${directories.length} top-level directories (${quoteList(directories)}); split it into one task per directory`;
  return [{ code: 'broad_task', task: task.id, message, severity }];
}

function checkScopePath(task: string, path: string): GraphProblem | undefined {
  const where = `the scope ${quoteText(path)} of task ${quoteText(task)}`;
  if (path.trim() === '/') {
    const message = `${where} is the root of the file system; write paths relative to the root of the repository, without a leading "/"`;
    return { code: 'scope_outside', task, message, severity: 'error' };
  }
  const isRelativePath =
    repoPathSchema.safeParse(path).success && !/^(~|[A-Za-z]:)/.test(path.trim());
  if (!isRelativePath || path.trim().startsWith('/') || compilePattern(path).length === 0) {
    const message = `${where} is not inside the repository; write a path relative to the root of the repository, without a leading "/", ".." or "\\"`;
    return { code: 'scope_outside', task, message, severity: 'error' };
  }
  if (!path.trim().startsWith('!')) return undefined;
  const message = `${where} begins with "!", but a scope cannot exclude paths; list the paths that the task may change`;
  return { code: 'scope_negated', task, message, severity: 'error' };
}

function coversWholeRepository(pattern: Pattern): boolean {
  return pattern.segments.every(
    (segment) => segment === GLOBSTAR || segment.text === '*' || segment.text === '*.*',
  );
}

/** Returns the top-level directory of a pattern; undefined for a file at the root and for a wildcard. */
function getTopLevelDirectory(pattern: Pattern): string | undefined {
  const [first, second] = pattern.segments;
  if (first === undefined || first === GLOBSTAR || first.tokens !== undefined) return undefined;
  return second === undefined && pattern.isFile ? undefined : first.text;
}
