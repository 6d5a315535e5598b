import { formatRootBranch } from '../../contract/id.ts';
import { buildSchedulerWakeUp } from '../../contract/queue-message.ts';
import type { TaskSpec } from '../../contract/task.ts';
import type { RunNode } from '../../graph/order/build-run-graph.ts';
import type { PlanEvent } from '../../plan-state/plan-event.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { isSimple } from '../../plan-state/plan-state.ts';
import { buildRunNodes, findFinalTasks } from '../../plan-state/run-nodes.ts';
import type { Revision, StoredPlan } from '../../store/plan-store.ts';
import { putDependents, putTaskDetail } from '../../store/task-detail-store.ts';
import { putNewTask } from '../../store/task-store.ts';
import { createTaskState } from '../../task-state/create-task-state.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyPlan, applyTask } from '../apply/apply-transition.ts';
import type { EngineDeps, ForgeDeps, TaskWriteDeps } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { requireApprovedRevision } from '../revision/revision.ts';

// Stores the task items of a run in slices. A repeated slice changes nothing, and no task is ready before all items are stored.

const TASKS_PER_SLICE = 500;
const TASKS_PER_MESSAGE = 50;
const MAX_PARALLEL_WRITES = 16;

/** Creates the root branches and task items of an approved plan, then makes the tasks without dependencies ready. */
export async function activatePlan(deps: ForgeDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const revision = await requireApprovedRevision(deps, state);
  const nodes = buildRunNodes(state, revision);
  if (!isSimple(state)) await ensureRootBranches(deps, state, nodes);
  const graph = indexGraph(revision, nodes);
  for (let start = state.activation.stored; start < nodes.length; start += TASKS_PER_SLICE) {
    await putTaskSlice(deps, state, graph, nodes.slice(start, start + TASKS_PER_SLICE));
    const storedCount = Math.min(start + TASKS_PER_SLICE, nodes.length);
    const event = buildProgressEvent(state, nodes, storedCount);
    const applied = await applyPlan(deps, state.id, event, { actor: 'engine' });
    // The plan was stopped, or another worker has stored this slice already.
    if (applied.kind === 'noop') return;
    if (applied.plan.state.status === 'active')
      await releaseInitialTasks(deps, applied.plan.state, nodes);
  }
}

function buildProgressEvent(
  plan: PlanState,
  nodes: readonly RunNode[],
  storedCount: number,
): PlanEvent {
  const { run } = plan;
  const total = nodes.length;
  if (storedCount < total) return { type: 'activating', run, stored: storedCount, total };
  return { type: 'activated', run, total, finalTasks: findFinalTasks(plan, nodes) };
}

type GraphIndex = {
  readonly specs: Map<string, TaskSpec>;
  /** Node ids by ordinal. */
  readonly ids: string[];
  readonly ordinals: Map<string, number>;
  /** Ids of the tasks that each task waits for: declared dependencies, and tasks that come first because their scopes overlap. */
  readonly dependencies: Map<string, string[]>;
};

function indexGraph(revision: Revision, nodes: readonly RunNode[]): GraphIndex {
  const ids = nodes.map((node) => node.id);
  const addedEdges = Map.groupBy(revision.edges, (edge) => edge.to);
  const dependencies = revision.tasks.map((task): [string, string[]] => {
    const overlappingIds = (addedEdges.get(task.id) ?? []).map((edge) => edge.from);
    return [task.id, [...new Set([...task.dependsOn, ...overlappingIds])]];
  });
  return {
    specs: new Map(revision.tasks.map((task) => [task.id, task])),
    ids,
    ordinals: new Map(ids.map((id, ordinal) => [id, ordinal])),
    dependencies: new Map(dependencies),
  };
}

async function ensureRootBranches(
  deps: Pick<EngineDeps, 'forges' | 'settings'>,
  plan: PlanState,
  nodes: readonly RunNode[],
): Promise<void> {
  if (plan.activation.hasRootBranches) return;
  const usedRepos = new Set(nodes.map((node) => node.repo));
  for (const repository of plan.repositories) {
    if (!usedRepos.has(repository.name)) continue;
    await deps.forges[repository.forge].ensureBranch(
      repository.name,
      formatRootBranch(deps.settings.prefix, { plan: plan.id, run: plan.run }),
      repository.baseSha,
    );
  }
}

async function putTaskSlice(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  plan: PlanState,
  graph: GraphIndex,
  slice: readonly RunNode[],
): Promise<void> {
  const key = { plan: plan.id, run: plan.run };
  const options = { simple: isSimple(plan), policy: plan.policy, now: deps.clock.now() };
  await mapInParallel(slice, MAX_PARALLEL_WRITES, async (node) => {
    const task = { ...key, task: node.id };
    const spec = graph.specs.get(node.id);
    const dependents = node.dependents.map((ordinal) => graph.ids[ordinal] ?? '');
    if (dependents.length > 0) await putDependents(deps.table, task, dependents);
    if (spec !== undefined) {
      const dependencies = graph.dependencies.get(node.id) ?? [];
      const dependsOn = dependencies.map((id) => ({ id, ordinal: graph.ordinals.get(id) ?? -1 }));
      await putTaskDetail(deps.table, task, { spec, dependsOn });
    }
    await putNewTask(deps.table, createTaskState(key, node, spec, options), node.dependsOn);
  });
}

/** Makes all tasks without dependencies ready. The plan stays due until the event `released` is recorded. */
export async function releaseInitialTasks(
  deps: TaskWriteDeps,
  plan: PlanState,
  nodes: readonly RunNode[],
): Promise<void> {
  const initialNodes = nodes.filter((node) => node.dependsOn.length === 0);
  const key = { plan: plan.id, run: plan.run };
  for (let start = 0; start < initialNodes.length; start += TASKS_PER_MESSAGE) {
    const tasks = initialNodes
      .slice(start, start + TASKS_PER_MESSAGE)
      .map((node) => ({ ...key, task: node.id }));
    await mapInParallel(tasks, MAX_PARALLEL_WRITES, (task) =>
      applyTask(
        deps,
        task,
        { type: 'dependencies_merged' },
        { actor: 'engine', announce: 'clients' },
      ),
    );
    await enqueueWakeUps(deps, [buildSchedulerWakeUp(tasks)]);
  }
  await applyPlan(deps, plan.id, { type: 'released', run: plan.run }, { actor: 'engine' });
}
