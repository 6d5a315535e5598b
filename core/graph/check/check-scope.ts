import { repoPathSchema } from '../../contract/id.ts';
import type { TaskSpec } from '../../contract/task.ts';
import type { Pattern } from '../scope/pattern.ts';
import { compilePattern, GLOBSTAR } from '../scope/pattern.ts';
import type { GraphProblem } from './graph-problem.ts';
import { quoteList, quoteText } from './graph-problem.ts';

/** So many top-level directories in one task are taken for unrelated areas. */
const MAX_AREAS = 6;

export function checkScope(task: TaskSpec, source: 'model' | 'person'): GraphProblem[] {
  const name = quoteText(task.id);
  if (task.scope.length === 0) {
    if (source === 'person') return [];
    const message = `${name} has no scope, so that nothing keeps it apart from other tasks; list the paths it may change`;
    return [{ code: 'empty_scope', task: task.id, message, severity: 'warning' }];
  }
  const bad = task.scope
    .map((path) => checkScopePath(task.id, path))
    .filter((one) => one !== undefined);
  if (bad.length > 0) return bad;
  const patterns = task.scope.flatMap(compilePattern);
  const severity = source === 'model' ? 'error' : 'warning';
  const whole = patterns.find(coversWholeRepository);
  if (whole !== undefined) {
    const message = `the scope ${quoteText(whole.text)} of ${name} is the whole repository, and nothing could run beside it; name the paths it changes, or split the task`;
    return [{ code: 'broad_scope', task: task.id, message, severity }];
  }
  const areas = [...new Set(patterns.map(getTopLevelArea).filter((area) => area !== undefined))];
  if (source === 'person' || areas.length <= MAX_AREAS) return [];
  const message = `${name} spans ${areas.length} areas (${quoteList(areas)}); split it into one task for each`;
  return [{ code: 'broad_task', task: task.id, message, severity }];
}

function checkScopePath(task: string, path: string): GraphProblem | undefined {
  const where = `the scope ${quoteText(path)} of ${quoteText(task)}`;
  if (path.trim() === '/') {
    const message = `${where} is the root of a machine; write paths from the root of the repository, without a leading "/"`;
    return { code: 'scope_outside', task, message, severity: 'error' };
  }
  const isInside = repoPathSchema.safeParse(path).success && !/^(~|[A-Za-z]:)/.test(path.trim());
  if (!isInside || path.trim().startsWith('/') || compilePattern(path).length === 0) {
    const message = `${where} is not inside the repository; write a path from its root, without a leading "/", ".." or "\\"`;
    return { code: 'scope_outside', task, message, severity: 'error' };
  }
  if (!path.trim().startsWith('!')) return undefined;
  const message = `${where} begins with "!"; a scope lists what may be changed and cannot exclude, so name the paths instead`;
  return { code: 'scope_negated', task, message, severity: 'error' };
}

function coversWholeRepository(pattern: Pattern): boolean {
  return pattern.segments.every(
    (segment) => segment === GLOBSTAR || segment.text === '*' || segment.text === '*.*',
  );
}

/** The top-level directory; files at the root belong to no area. */
function getTopLevelArea(pattern: Pattern): string | undefined {
  const [first, second] = pattern.segments;
  if (first === undefined || first === GLOBSTAR || first.tokens !== undefined) return undefined;
  return second === undefined && pattern.isFile ? undefined : first.text;
}
