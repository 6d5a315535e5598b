import type { Edge, TaskSpec } from '../contract/task.ts';
import type { RunNode } from '../graph/order/build-run-graph.ts';
import { buildRunGraph } from '../graph/order/build-run-graph.ts';
import type { PlanState } from './plan-state.ts';
import { isSimple } from './plan-state.ts';

/** Builds the nodes of a run. A simple plan has only its task, without an `end` node: its pull request goes to the base branch. */
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

/** Returns the nodes whose merge completes the plan: each `end` node, or the task of a simple plan. */
export function findFinalTasks(
  plan: PlanState,
  nodes: readonly RunNode[],
): PlanState['finalTasks'] {
  const kind = isSimple(plan) ? 'work' : 'end';
  return nodes
    .filter((node) => node.kind === kind)
    .map((node) => ({ task: node.id, repo: node.repo }));
}
