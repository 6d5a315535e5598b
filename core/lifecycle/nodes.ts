import type { Edge, TaskSpec } from '../contract/task.ts';
import { normaliseGraph, type RunNode } from '../graph/normalise.ts';
import { isSimple, type PlanState } from './plan-state.ts';

/** The nodes that a run of this graph has. A simple plan is its one task: the pull request to the base ends it. */
export function runNodes(
  plan: PlanState,
  graph: { tasks: readonly TaskSpec[]; edges: readonly Edge[] },
): RunNode[] {
  const nodes = normaliseGraph(
    graph.tasks,
    graph.edges,
    plan.repositories.map((repository) => repository.name),
  );
  if (!isSimple(plan)) return nodes;
  return nodes.filter((node) => node.kind === 'work').map((node) => ({ ...node, dependents: [] }));
}

export function endsOf(plan: PlanState, nodes: readonly RunNode[]): PlanState['ends'] {
  const kind = isSimple(plan) ? 'work' : 'end';
  return nodes
    .filter((node) => node.kind === kind)
    .map((node) => ({ task: node.id, repo: node.repo }));
}
