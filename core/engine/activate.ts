import type { RunNode } from '../graph/normalise.ts';
import { rootBranch } from '../lifecycle/branch.ts';
import { endsOf, runNodes } from '../lifecycle/nodes.ts';
import { isSimple, type PlanState } from '../lifecycle/plan-state.ts';
import type { Revision, StoredPlan } from '../store/plan-store.ts';
import { putDependents, putDetail } from '../store/task-detail.ts';
import { putNewTask } from '../store/task-store.ts';
import { newTask } from '../task/new-task.ts';
import { applyPlan } from './apply-plan.ts';
import { applyTask, hintAll } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';
import { inParallel } from './in-parallel.ts';
import { approvedRevision } from './revision.ts';

// Puts the items of a run, in slices: what a crash leaves half done is done again, and changes nothing twice. No task is
// ready before all of them are there.

const SLICE = 500;
const CONCURRENCY = 16;

export async function activate(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const revision = await approvedRevision(deps, state);
  const nodes = runNodes(state, revision);
  if (!isSimple(state)) await ensureRootBranches(deps, state, nodes);
  const slice = nodes.slice(state.activation.put, state.activation.put + SLICE);
  await putSlice(deps, state, revision, nodes, slice);
  const put = state.activation.put + slice.length;
  const done = put >= nodes.length;
  const saved = await applyPlan(
    deps,
    state.id,
    { event: done ? 'activated' : 'activating', actor: 'engine' },
    (now) => {
      if (now.status !== 'activating' || now.run !== state.run) return undefined;
      const activation = { ...now.activation, put, total: nodes.length, roots: true };
      if (!done) return { ...now, activation };
      return {
        ...now,
        activation,
        status: 'active',
        faults: 0,
        ends: endsOf(now, nodes),
        startedAt: deps.clock.now(),
      };
    },
  );
  if (saved === undefined) return;
  if (!done) return activate(deps, saved);
  await releaseRoots(deps, saved.state, nodes);
  await hintAll(deps, [
    { type: 'drive_plan', v: 1, plan: state.id },
    { type: 'push', v: 1, plan: state.id },
  ]);
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
      rootBranch(deps.settings.prefix, { plan: plan.id, run: plan.run }),
      repository.baseSha,
    );
  }
}

async function putSlice(
  deps: EngineDeps,
  plan: PlanState,
  revision: Revision,
  nodes: readonly RunNode[],
  slice: readonly RunNode[],
): Promise<void> {
  const specs = new Map(revision.tasks.map((task) => [task.id, task]));
  const ids = nodes.map((node) => node.id);
  const key = { plan: plan.id, run: plan.run };
  const options = { simple: isSimple(plan), policy: plan.policy, now: deps.clock.now() };
  await inParallel(slice, CONCURRENCY, async (node) => {
    const task = { ...key, task: node.id };
    const spec = specs.get(node.id);
    if (node.dependents.length > 0)
      await putDependents(
        deps.table,
        task,
        node.dependents.map((ordinal) => ids[ordinal] ?? ''),
      );
    if (spec !== undefined) {
      const parents = declaredParents(revision, node.id).map((id) => ({
        id,
        ordinal: ids.indexOf(id),
      }));
      await putDetail(deps.table, task, { spec, dependsOn: parents });
    }
    await putNewTask(deps.table, newTask(key, node, spec, options), node.dependsOn);
  });
}

function declaredParents(revision: Revision, id: string): string[] {
  const declared = revision.tasks.find((task) => task.id === id)?.dependsOn ?? [];
  const added = revision.edges.filter((edge) => edge.to === id).map((edge) => edge.from);
  return [...new Set([...declared, ...added])];
}

/** Whoever waits on nobody becomes ready, once the plan is active; owed until `released` says so. */
export async function releaseRoots(
  deps: EngineDeps,
  plan: PlanState,
  nodes: readonly RunNode[],
): Promise<void> {
  const roots = nodes.filter((node) => node.dependsOn.length === 0);
  const key = { plan: plan.id, run: plan.run };
  for (let start = 0; start < roots.length; start += 50) {
    const tasks = roots.slice(start, start + 50).map((node) => ({ ...key, task: node.id }));
    await inParallel(tasks, CONCURRENCY, (task) =>
      applyTask(deps, task, { type: 'dependencies_merged' }, { actor: 'engine', hint: false }),
    );
    await hintAll(deps, [{ type: 'schedule', v: 1, tasks }]);
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
