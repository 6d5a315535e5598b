import { formatRootBranch } from '../../contract/branch-name.ts';
import type { TaskSpec } from '../../contract/task.ts';
import type { RunNode } from '../../graph/order/normalise-graph.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { isSimple } from '../../plan-state/plan-state.ts';
import { buildRunNodes, findEndNodes } from '../../plan-state/run-nodes.ts';
import type { Revision, StoredPlan } from '../../store/plan-store.ts';
import { putDependents, putTaskDetail } from '../../store/task-detail-store.ts';
import { putNewTask } from '../../store/task-store.ts';
import { createTaskState } from '../../task-state/create-task-state.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { requireApprovedRevision } from '../revision/revision.ts';

// Puts the items of a run, in slices: what a crash leaves half done is done again, and changes nothing twice. No task is
// ready before all of them are there.

const TASKS_PER_SLICE = 500;
const CONCURRENCY = 16;

export async function activatePlan(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const revision = await requireApprovedRevision(deps, state);
  const nodes = buildRunNodes(state, revision);
  if (!isSimple(state)) await ensureRootBranches(deps, state, nodes);
  const graph = indexGraph(revision, nodes);
  for (let put = state.activation.put; put < nodes.length; put += TASKS_PER_SLICE) {
    await putTaskSlice(deps, state, graph, nodes.slice(put, put + TASKS_PER_SLICE));
    const saved = await saveProgress(
      deps,
      state,
      nodes,
      Math.min(put + TASKS_PER_SLICE, nodes.length),
    );
    if (saved === undefined) return;
    if (saved.state.status === 'active') await startRun(deps, saved.state, nodes);
  }
}

/** Undefined: the plan was stopped, or another worker is further. */
function saveProgress(
  deps: EngineDeps,
  state: PlanState,
  nodes: readonly RunNode[],
  put: number,
): Promise<StoredPlan | undefined> {
  const done = put >= nodes.length;
  const event = done ? 'activated' : 'activating';
  return applyPlan(deps, state.id, { event, actor: 'engine' }, (now, at) => {
    if (now.status !== 'activating' || now.run !== state.run) return undefined;
    const activation = { ...now.activation, put, total: nodes.length, roots: true };
    if (!done) return { ...now, activation };
    const ends = findEndNodes(now, nodes);
    return { ...now, activation, status: 'active', faults: 0, ends, startedAt: at };
  });
}

async function startRun(
  deps: EngineDeps,
  plan: PlanState,
  nodes: readonly RunNode[],
): Promise<void> {
  await releaseRootTasks(deps, plan, nodes);
  await enqueueWakeUps(deps, [
    { type: 'reconcile_plan', v: 1, plan: plan.id },
    { type: 'push', v: 1, plan: plan.id },
  ]);
}

type GraphIndex = {
  readonly specs: Map<string, TaskSpec>;
  /** Node ids by ordinal, and back. */
  readonly ids: string[];
  readonly ordinals: Map<string, number>;
  readonly parents: Map<string, string[]>;
};

function indexGraph(revision: Revision, nodes: readonly RunNode[]): GraphIndex {
  const ids = nodes.map((node) => node.id);
  const added = Map.groupBy(revision.edges, (edge) => edge.to);
  const parents = revision.tasks.map((task): [string, string[]] => {
    const overlapping = (added.get(task.id) ?? []).map((edge) => edge.from);
    return [task.id, [...new Set([...task.dependsOn, ...overlapping])]];
  });
  return {
    specs: new Map(revision.tasks.map((task) => [task.id, task])),
    ids,
    ordinals: new Map(ids.map((id, ordinal) => [id, ordinal])),
    parents: new Map(parents),
  };
}

async function ensureRootBranches(
  deps: EngineDeps,
  plan: PlanState,
  nodes: readonly RunNode[],
): Promise<void> {
  if (plan.activation.roots) return;
  const used = new Set(nodes.map((node) => node.repo));
  for (const repository of plan.repositories) {
    if (!used.has(repository.name)) continue;
    await deps.forges[repository.forge].ensureBranch(
      repository.name,
      formatRootBranch(deps.settings.prefix, { plan: plan.id, run: plan.run }),
      repository.baseSha,
    );
  }
}

async function putTaskSlice(
  deps: EngineDeps,
  plan: PlanState,
  graph: GraphIndex,
  slice: readonly RunNode[],
): Promise<void> {
  const key = { plan: plan.id, run: plan.run };
  const options = { simple: isSimple(plan), policy: plan.policy, now: deps.clock.now() };
  await mapInParallel(slice, CONCURRENCY, async (node) => {
    const task = { ...key, task: node.id };
    const spec = graph.specs.get(node.id);
    const dependents = node.dependents.map((ordinal) => graph.ids[ordinal] ?? '');
    if (dependents.length > 0) await putDependents(deps.table, task, dependents);
    if (spec !== undefined) {
      const parents = graph.parents.get(node.id) ?? [];
      const dependsOn = parents.map((id) => ({ id, ordinal: graph.ordinals.get(id) ?? -1 }));
      await putTaskDetail(deps.table, task, { spec, dependsOn });
    }
    await putNewTask(deps.table, createTaskState(key, node, spec, options), node.dependsOn);
  });
}

/** Whoever waits on nobody becomes ready, once the plan is active; owed until `released` says so. */
export async function releaseRootTasks(
  deps: EngineDeps,
  plan: PlanState,
  nodes: readonly RunNode[],
): Promise<void> {
  const roots = nodes.filter((node) => node.dependsOn.length === 0);
  const key = { plan: plan.id, run: plan.run };
  for (let start = 0; start < roots.length; start += 50) {
    const tasks = roots.slice(start, start + 50).map((node) => ({ ...key, task: node.id }));
    await mapInParallel(tasks, CONCURRENCY, (task) =>
      applyTask(
        deps,
        task,
        { type: 'dependencies_merged' },
        { actor: 'engine', announce: 'clients' },
      ),
    );
    await enqueueWakeUps(deps, [{ type: 'schedule', v: 1, tasks }]);
  }
  await applyPlan(
    deps,
    plan.id,
    { event: 'released', actor: 'engine', dueAt: deps.clock.now() + 60_000 },
    (state) => {
      if (state.run !== plan.run || state.activation.released >= nodes.length) return undefined;
      return { ...state, activation: { ...state.activation, released: nodes.length } };
    },
  );
}
