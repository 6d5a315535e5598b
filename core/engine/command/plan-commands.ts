import { AppError } from '../../base/app-error.ts';
import type { CreatePlan, Edit } from '../../contract/plan.ts';
import { hasPlanEnded, isPlanRunning } from '../../contract/plan-status.ts';
import type { TaskSpec } from '../../contract/task.ts';
import { applyEdits } from '../../graph/edit/apply-edits.ts';
import type { GraphDiff } from '../../graph/edit/diff-graphs.ts';
import { describeDiff, diffGraphs } from '../../graph/edit/diff-graphs.ts';
import type { PlanRepository, PlanState } from '../../plan-state/plan-state.ts';
import { isSimple } from '../../plan-state/plan-state.ts';
import { blocksPlan, isBlockingCondition } from '../../plan-state/preflight-condition.ts';
import type { Revision, StoredPlan } from '../../store/plan-store.ts';
import { putNewPlan, putRevision } from '../../store/plan-store.ts';
import { loadRepository } from '../../store/repository-store.ts';
import { NO_USAGE } from '../../task-state/task-state.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan, requirePlan } from '../apply/apply-plan.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { buildRevision, requireRevision, requireValidGraph } from '../revision/revision.ts';

// What people order of a plan. Each is one conditional write; what follows from it is owed by the new state.

export const EMPTY_ACTIVATION = { put: 0, released: 0, total: 0, roots: false };

/** `id` may be derived from an idempotency key: a plan that is there already is answered as it is. */
export async function createPlan(
  deps: EngineDeps,
  input: CreatePlan,
  actor: string,
  id: string,
  bodyHash?: string,
): Promise<StoredPlan> {
  const repositories = await Promise.all(
    input.repositories.map((one) => requireLinkedRepository(deps, one)),
  );
  if (input.graph !== undefined) requireValidGraph({ repositories }, input.graph);
  const now = deps.clock.now();
  const state: PlanState = { ...createPlanState(input, repositories, actor, id, now), bodyHash };
  const tag = deps.newId();
  if (input.graph !== undefined) {
    await putRevision(deps.table, id, tag, {
      revision: 1,
      by: actor,
      at: now,
      note: 'handed in',
      tasks: input.graph,
      edges: [],
      forecast: createEmptyForecast(),
    });
    state.revisionTags = [tag];
  }
  await putNewPlan(deps.table, state, now);
  await enqueueWakeUps(deps, [{ type: 'plan', v: 1, plan: id }]);
  return requirePlan(deps, id);
}

function createEmptyForecast(): Revision['forecast'] {
  return {
    tasks: 0,
    waves: [],
    criticalPath: [],
    criticalPathMinutes: 0,
    makespanMinutes: 0,
    slots: 1,
    tokens: null,
    usd: null,
    overlaps: [],
  };
}

async function requireLinkedRepository(
  deps: EngineDeps,
  input: CreatePlan['repositories'][number],
): Promise<PlanRepository> {
  const repository = await loadRepository(deps.table, input.name);
  if (repository === undefined)
    throw new AppError(
      'invalid',
      'repository_unknown',
      `repository ${input.name} is not linked to smol-gang; link it first`,
      { details: { repository: input.name } },
    );
  return {
    name: repository.name,
    forge: repository.forge,
    cloneUrl: repository.url,
    base: input.base ?? repository.defaultBranch,
    baseSha: input.baseSha ?? '',
    setup: [],
    verify: [],
    shared: [],
    env: {},
    strictMerge: false,
    notes: '',
    signOff: false,
    found: '',
  };
}

function createPlanState(
  input: CreatePlan,
  repositories: PlanRepository[],
  actor: string,
  id: string,
  now: number,
): PlanState {
  return {
    id,
    title: derivePlanTitle(input),
    prompt: input.prompt,
    status: 'planning',
    options: {
      complexity: input.complexity,
      autoApprove: input.autoApprove,
      limits: input.limits,
      budget: input.budget,
      interactive: input.interactive,
      maxParallel: input.maxParallel,
      agent: input.agent,
    },
    policy: input.policy,
    repositories,
    submitted: input.graph !== undefined,
    run: 1,
    revision: 0,
    revisionTags: [],
    conditions: [],
    planning: { stage: 'queued', faults: 0 },
    activation: EMPTY_ACTIVATION,
    ends: [],
    pulls: [],
    stoppingRuns: [],
    pendingCleanups: [],
    usage: NO_USAGE,
    faults: 0,
    createdBy: actor,
    createdAt: now,
    last: { version: 1, at: now, from: 'none', to: 'planning', event: 'created', actor },
  };
}

function derivePlanTitle(input: CreatePlan): string {
  const first = input.title ?? input.prompt.trim().split('\n')[0] ?? '';
  const text = first === '' ? `A graph of ${input.graph?.length ?? 0} tasks` : first;
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

function createStatusError(plan: PlanState, wanted: string): AppError {
  return new AppError('conflict', 'plan_status', `plan ${plan.id} is ${plan.status}; ${wanted}`, {
    details: { status: plan.status },
  });
}

/** All edits or none; the revision that they were made on must still be the newest, else 409 says what changed since. */
export async function editPlan(
  deps: EngineDeps,
  id: string,
  input: { readonly revision: number; readonly edits: Edit[]; readonly note?: string },
  actor: string,
): Promise<Revision> {
  const { state } = await requirePlan(deps, id);
  if (state.status !== 'pending_approval')
    throw createStatusError(state, 'its graph can be edited while it waits for approval');
  await requireNewestRevision(deps, state, input.revision);
  const before = await requireRevision(deps, state, input.revision);
  const edited = applyEdits(before.tasks, input.edits);
  if ('problems' in edited)
    throw new AppError(
      'invalid',
      'invalid_edit',
      edited.problems.map((problem) => problem.message).join('\n'),
      { details: { problems: edited.problems } },
    );
  requireValidGraph(state, edited.tasks);
  const tag = deps.newId();
  const revision = buildRevision(deps, state, edited.tasks, {
    revision: input.revision + 1,
    by: actor,
    note: input.note ?? '',
  });
  await putRevision(deps.table, id, tag, revision);
  const saved = await applyPlan(deps, id, { event: 'edited', actor }, (now) => {
    if (now.status !== 'pending_approval' || now.revision !== input.revision) return undefined;
    return {
      ...now,
      ...(isSimple(now) &&
        revision.tasks.length > 1 && { verdict: buildMultiTaskVerdict(revision.tasks) }),
      revision: revision.revision,
      revisionTags: [...now.revisionTags, tag],
      forecast: revision.forecast,
    };
  });
  if (saved === undefined) await requireRevisionSaved(deps, id, tag, input.revision);
  await enqueueWakeUps(deps, [{ type: 'push', v: 1, plan: id }]);
  return revision;
}

/** A simple plan is one task: of several it needs a root branch, and an end. */
function buildMultiTaskVerdict(tasks: readonly TaskSpec[]): PlanState['verdict'] {
  return {
    complexity: 'complex',
    reasoning: 'A person made it several tasks.',
    confidence: 1,
    estimatedTasks: Math.min(tasks.length, 60),
    suggestion: '',
    source: 'person',
  };
}

/** A write whose answer was lost looks like one that was overtaken: the tag says whose revision it is. */
async function requireRevisionSaved(
  deps: EngineDeps,
  id: string,
  tag: string,
  replaced: number,
): Promise<void> {
  const { state } = await requirePlan(deps, id);
  if (state.revisionTags.includes(tag)) return;
  await requireNewestRevision(deps, state, replaced);
  throw createStatusError(state, 'its graph can be edited while it waits for approval');
}

async function requireNewestRevision(
  deps: EngineDeps,
  plan: PlanState,
  revision: number,
): Promise<void> {
  if (plan.revision === revision) return;
  const [theirs, newest] = await Promise.all([
    requireRevision(deps, plan, revision),
    requireRevision(deps, plan, plan.revision),
  ]);
  const diff: GraphDiff = diffGraphs(theirs.tasks, newest.tasks);
  const message = `the plan is at revision ${plan.revision}, by ${newest.by}; since revision ${revision}: ${describeDiff(diff).slice(0, 10).join('; ') || 'nothing in its tasks'}`;
  throw new AppError('conflict', 'revision_moved', message, {
    details: { revision: plan.revision, diff },
  });
}

export async function approvePlan(
  deps: EngineDeps,
  id: string,
  revision: number,
  actor: string,
): Promise<StoredPlan> {
  const { state } = await requirePlan(deps, id);
  // Saying it twice is once.
  if (isPlanRunning(state.status) && state.approved === revision) return requirePlan(deps, id);
  if (state.status !== 'pending_approval')
    throw createStatusError(state, 'only a plan that waits for approval can be approved');
  await requireNewestRevision(deps, state, revision);
  requireValidGraph(state, (await requireRevision(deps, state, revision)).tasks);
  await requirePassedPreflight(deps, state);
  const saved = await applyPlan(deps, id, { event: 'approved', actor }, (now) => {
    if (now.status !== 'pending_approval' || now.revision !== revision) return undefined;
    const conditions = now.conditions.filter((condition) => !isBlockingCondition(condition));
    return {
      ...now,
      conditions,
      status: 'activating',
      approved: revision,
      activation: EMPTY_ACTIVATION,
    };
  });
  // A write whose answer was lost is reported as a lost race.
  const approved = saved ?? (await requirePlan(deps, id));
  if (approved.state.approved !== revision)
    throw createStatusError(approved.state, 'somebody else was first');
  await enqueueWakeUps(deps, [{ type: 'reconcile_plan', v: 1, plan: id }]);
  return approved;
}

/** What would stop the plan at the forge is said now rather than after the work. */
async function requirePassedPreflight(deps: EngineDeps, plan: PlanState): Promise<void> {
  const findings = await Promise.all(
    plan.repositories.map((one) =>
      deps.forges[one.forge].runPreflight(one.name, one.base, deps.settings.prefix),
    ),
  );
  const blocking = findings.flat().filter((one) => blocksPlan(one, isSimple(plan)));
  if (blocking.length === 0) return;
  throw new AppError(
    'conflict',
    'preflight',
    blocking.map((finding) => finding.message).join('\n'),
    { details: { findings: blocking } },
  );
}

export async function rejectPlan(
  deps: EngineDeps,
  id: string,
  reason: string,
  actor: string,
): Promise<StoredPlan> {
  const saved = await applyPlan(deps, id, { event: 'rejected', actor, reason }, (state, now) =>
    state.status === 'pending_approval'
      ? { ...state, status: 'rejected', reason, finishedAt: now }
      : undefined,
  );
  return (
    saved ??
    requirePlanStatus(deps, id, 'rejected', 'only a plan that waits for approval can be rejected')
  );
}

export async function requirePlanStatus(
  deps: EngineDeps,
  id: string,
  status: PlanState['status'],
  wanted: string,
): Promise<StoredPlan> {
  const plan = await requirePlan(deps, id);
  if (plan.state.status === status) return plan;
  throw createStatusError(plan.state, wanted);
}

export function buildRunEnding(
  plan: PlanState,
  reason: string,
  dueAt: number,
): PlanState['stoppingRuns'][number] {
  const started = isPlanRunning(plan.status) || plan.status === 'complete';
  return { run: plan.run, revision: started ? (plan.approved ?? 0) : 0, reason, cursor: 0, dueAt };
}

/** Live attempts end, pull requests are closed, and the branches are kept for a while. */
export async function cancelPlan(
  deps: EngineDeps,
  id: string,
  reason: string,
  actor: string,
): Promise<StoredPlan> {
  const saved = await applyPlan(deps, id, { event: 'cancelled', actor, reason }, (state, now) => {
    if (hasPlanEnded(state.status)) return undefined;
    const why = reason || `cancelled by ${actor}`;
    return {
      ...state,
      status: 'cancelled',
      reason: why,
      finishedAt: now,
      stoppingRuns: [...state.stoppingRuns, buildRunEnding(state, why, now)],
    };
  });
  if (saved === undefined) return requirePlanStatus(deps, id, 'cancelled', 'it has ended already');
  await enqueueWakeUps(deps, [{ type: 'reconcile_plan', v: 1, plan: id }]);
  return saved;
}
