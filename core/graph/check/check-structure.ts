import { elementAt } from '../../base/element-at.ts';
import { taskIdSchema } from '../../contract/id.ts';
import type { GraphNode } from '../order/adjacency.ts';
import { buildAdjacency } from '../order/adjacency.ts';
import { findCycles } from '../order/find-cycles.ts';
import type { GraphProblem } from './graph-problem.ts';
import { quoteCycle, quoteList, quoteText } from './graph-problem.ts';

const RESERVED_ID = /^(end(-\d+)?|join-\d+)$/;
const MAX_REPORTED_CYCLES = 10;

/** Checks ids, dependencies and cycles. Every problem is an error, because a graph with such a problem cannot run. */
export function checkStructure(tasks: readonly GraphNode[]): GraphProblem[] {
  if (tasks.length === 0) {
    return [createError('empty_graph', undefined, 'the graph has no tasks; add at least one task')];
  }
  return [...checkIds(tasks), ...checkDependencies(tasks), ...checkCycles(tasks)];
}

function checkIds(tasks: readonly GraphNode[]): GraphProblem[] {
  const problems: GraphProblem[] = [];
  const counts = new Map<string, number>();
  for (const { id } of tasks) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
    if (counts.get(id) === 1) problems.push(...checkId(id));
  }
  for (const [id, count] of counts) {
    if (count === 1) continue;
    const message = `${count} tasks have the id ${quoteText(id)}; give each task its own id`;
    problems.push(createError('duplicate_id', id, message));
  }
  return problems;
}

function checkId(id: string): GraphProblem[] {
  const parsed = taskIdSchema.safeParse(id);
  if (!parsed.success) {
    const reason = parsed.error.issues[0]?.message ?? 'the id is malformed';
    return [createError('bad_id', id, `${quoteText(id)} is not a valid task id: ${reason}`)];
  }
  if (!RESERVED_ID.test(id)) return [];
  const message = `the id ${id} is reserved for nodes that smol-gang adds (end, end-2, join-1, ...); choose another id`;
  return [createError('reserved_id', id, message)];
}

function checkDependencies(tasks: readonly GraphNode[]): GraphProblem[] {
  const problems: GraphProblem[] = [];
  const ids = new Set(tasks.map((task) => task.id));
  for (const task of tasks) {
    if (task.dependsOn.includes(task.id)) {
      const message = `task ${quoteText(task.id)} depends on itself; remove that dependency`;
      problems.push(createError('self_dependency', task.id, message));
    }
    const unknown = [...new Set(task.dependsOn)].filter((id) => !ids.has(id));
    if (unknown.length === 0) continue;
    const message = `task ${quoteText(task.id)} depends on ${quoteList(unknown)}, but the graph has no such task; its tasks are ${quoteList([...ids])}`;
    problems.push(createError('unknown_dependency', task.id, message));
  }
  return problems;
}

function checkCycles(tasks: readonly GraphNode[]): GraphProblem[] {
  const graph = buildAdjacency(tasks);
  return findCycles(graph, MAX_REPORTED_CYCLES).map((cycle) => {
    const members = cycle.map((node) => elementAt(graph.ids, node));
    const message = `these tasks form a cycle in which each task depends on the task before it: ${quoteCycle(members)}; remove one of these dependencies`;
    return createError('cycle', members[0], message);
  });
}

function createError(code: string, task: string | undefined, message: string): GraphProblem {
  return { code, ...(task === undefined ? {} : { task }), message, severity: 'error' };
}
