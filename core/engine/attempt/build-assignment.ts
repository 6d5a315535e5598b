import { AppError } from '../../base/app-error.ts';
import type { Assignment } from '../../contract/attempt.ts';
import type { AttemptKey, TaskKey } from '../../contract/id.ts';
import { formatAttemptBranch, formatAttemptId } from '../../contract/id.ts';
import type { TaskSpec, Tier } from '../../contract/task.ts';
import type { PlanRepository, PlanState } from '../../plan-state/plan-state.ts';
import { requirePlanRepository, resolveLimits } from '../../plan-state/plan-state.ts';
import type { TaskDetail } from '../../store/task-detail-store.ts';
import { loadResult, loadTaskDetail } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, toTaskKey } from '../../store/task-store.ts';
import type { LiveAttempt, TaskState } from '../../task-state/task-state.ts';
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { resolveBaseBranch, resolveForge } from '../pull/task-pull.ts';
import { carryOverConversation } from './carry-over-conversation.ts';
import { findForeignScopes } from './find-foreign-scopes.ts';

/** Builds the assignment of an attempt: all input of the bridge except secrets. */
export async function buildAssignment(
  deps: Pick<EngineDeps, 'table' | 'forges' | 'settings'>,
  plan: PlanState,
  task: StoredTask,
  liveAttempt: LiveAttempt,
): Promise<Assignment> {
  const { state } = task;
  const { settings } = deps;
  const key: AttemptKey = { ...toTaskKey(state), attemptNumber: liveAttempt.attemptNumber };
  const detail = await loadTaskDetail(deps.table, key);
  const repository = requirePlanRepository(plan, state.repo);
  const startPoint = await resolveStartPoint(deps, plan, state, liveAttempt);
  const spec = detail?.spec;
  const model = selectModelForTier(deps, spec?.tier ?? 'auto');
  const attemptChangesCode = liveAttempt.kind !== 'verify';
  return {
    version: 1,
    attemptId: formatAttemptId(key),
    kind: liveAttempt.kind,
    plan: { id: plan.id, run: plan.run, title: plan.title, purpose: plan.purpose ?? 'work' },
    task: describeTask(state, spec),
    repository: {
      name: repository.name,
      cloneUrl: repository.cloneUrl,
      branch: formatAttemptBranch(settings.prefix, key),
      partial: isLargeRepository(repository, settings.partialCloneFromMb),
      ...startPoint,
    },
    setup: repository.setup,
    verify: repository.verify,
    env: repository.env,
    shared: repository.shared,
    foreignScopes:
      attemptChangesCode && state.kind === 'work' ? await findForeignScopes(deps, plan, state) : [],
    parents: attemptChangesCode ? await loadParentSummaries(deps, state, detail) : [],
    repair: liveAttempt.kind === 'repair' ? resolveRepair(state) : undefined,
    notes: composeNotes(plan, repository.agentInstructions, state),
    ...(attemptChangesCode
      ? await carryOverConversation(deps.table, state, liveAttempt)
      : { conversation: [] }),
    agent: { name: plan.options.agent ?? settings.agent, model, tier: spec?.tier ?? 'auto' },
    author: repository.author ?? settings.author,
    signOff: repository.signOff,
    limits: resolveLimits(plan, spec?.limits ?? {}, settings.limits),
    price: settings.prices[model] ?? null,
    leaseMs: settings.leaseMs,
    heartbeatMs: settings.heartbeatMs,
  };
}

function isLargeRepository({ sizeKb }: PlanRepository, thresholdMb: number | undefined): boolean {
  return sizeKb !== undefined && thresholdMb !== undefined && sizeKb >= thresholdMb * 1_024;
}

function describeTask(state: TaskState, spec: TaskSpec | undefined): Assignment['task'] {
  return {
    id: state.task,
    title: state.title,
    description: spec?.description ?? 'Make the verification of the whole root branch pass.',
    criteria: spec?.criteria ?? [],
    scope: spec?.scope ?? [],
    interactive: spec?.interactive ?? false,
    end: state.kind === 'end',
  };
}

type StartPoint = Pick<Assignment['repository'], 'start' | 'rootBranch' | 'root' | 'verifyCommit'>;

async function resolveStartPoint(
  deps: Pick<EngineDeps, 'forges' | 'settings'>,
  plan: PlanState,
  state: TaskState,
  liveAttempt: LiveAttempt,
): Promise<StartPoint> {
  if (state.kind === 'base') {
    const { base, baseSha } = requirePlanRepository(plan, state.repo);
    return { start: baseSha, rootBranch: base, root: baseSha, verifyCommit: baseSha };
  }
  const rootBranch = resolveBaseBranch(deps, plan, state);
  const head = await resolveForge(deps, plan, state.repo).readBranchHead(state.repo, rootBranch);
  if (head === undefined)
    throw new AppError(
      'conflict',
      'root_branch_gone',
      `branch ${rootBranch} of repository ${state.repo} was deleted; restore the branch, then retry the task`,
    );
  // A simple plan starts from the explored commit, because its base branch may have moved since.
  const root = state.simple ? requirePlanRepository(plan, state.repo).baseSha || head : head;
  if (liveAttempt.kind === 'verify') {
    const verifyRoot = state.verifyRoot ?? head;
    const verifyCommit = state.accepted?.commit ?? verifyRoot;
    return { start: verifyRoot, rootBranch, root: verifyRoot, verifyCommit };
  }
  if (liveAttempt.kind === 'repair')
    return { start: state.checkpoint ?? state.accepted?.commit ?? head, rootBranch, root: head };
  return { start: state.checkpoint ?? root, rootBranch, root };
}

function resolveRepair(state: TaskState): Assignment['repair'] {
  return (
    state.repair ?? {
      reason: 'verify_red',
      detail: state.reason?.text ?? state.lastFailure ?? '',
      files: [],
      tasks: [],
    }
  );
}

function composeNotes(plan: PlanState, agentInstructions: string, state: TaskState): string {
  const parts = [agentInstructions];
  if (plan.prompt !== '')
    parts.push(`The request that this task is a part of:\n${plan.prompt.slice(0, 8_000)}`);
  if (state.lastFailure !== undefined)
    parts.push(`An earlier attempt failed:\n${state.lastFailure.slice(0, 6_000)}`);
  return parts.filter((part) => part !== '').join('\n\n');
}

async function loadParentSummaries(
  deps: StoreDeps,
  state: TaskState,
  detail: TaskDetail | undefined,
): Promise<Assignment['parents']> {
  const parents = (detail?.dependsOn ?? []).slice(0, 64);
  const summaries = await mapInParallel(parents, 8, async ({ id }) => {
    const parent = await loadTask(deps.table, { ...toTaskKey(state), task: id });
    const attempt = parent?.state.accepted?.attempt;
    if (parent === undefined || attempt === undefined) return undefined;
    const result = await loadResult(deps.table, {
      ...toTaskKey(parent.state),
      attemptNumber: attempt,
    });
    return {
      task: id,
      title: parent.state.title,
      summary: result?.outcome === 'done' ? result.summary.slice(0, 2_000) : '',
    };
  });
  return summaries.filter((parent) => parent !== undefined);
}

export function selectModelForTier(deps: Pick<EngineDeps, 'settings'>, tier: Tier): string {
  return tier === 'light' ? deps.settings.models.light : deps.settings.models.heavy;
}

export async function resolveTaskModel(
  deps: Pick<EngineDeps, 'table' | 'settings'>,
  key: TaskKey,
): Promise<string> {
  const detail = await loadTaskDetail(deps.table, key);
  return selectModelForTier(deps, detail?.spec.tier ?? 'auto');
}
