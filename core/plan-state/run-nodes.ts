import type { Edge, TaskSpec } from '../contract/task.ts';
import type { RunNode } from '../graph/order/build-run-graph.ts';
import { buildRunGraph } from '../graph/order/build-run-graph.ts';
import type { PlanState } from './plan-state.ts';
import { isSimple } from './plan-state.ts';

/** The nodes that a run of this graph has. A simple plan is its one task: the pull request to the base ends it. */
export function buildRunNodes(
  plan: PlanState,
  graph: { readonly tasks: readonly TaskSpec[]; readonly edges: readonly Edge[] },
): RunNode[] {
  const nodes = buildRunGraph(
    graph.tasks,
    graph.edges,
    plan.repositories.map((repository) => repository.name),
  );
  if (!isSimple(plan)) return nodes;
  return nodes.filter((node) => node.kind === 'work').map((node) => ({ ...node, dependents: [] }));
}

export function findEndNodes(plan: PlanState, nodes: readonly RunNode[]): PlanState['ends'] {
  const kind = isSimple(plan) ? 'work' : 'end';
  return nodes
    .filter((node) => node.kind === kind)
    .map((node) => ({ task: node.id, repo: node.repo }));
}
