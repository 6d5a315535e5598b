import type { Assignment } from '../../contract/attempt.ts';
import { type AttemptKey, formatAttemptId } from '../../contract/id.ts';
import type { TaskSpec } from '../../contract/task.ts';
import { AppError } from '../../error.ts';
import { attemptBranch } from '../../lifecycle/branch.ts';
import { limitsOf, type PlanRepository, type PlanState } from '../../lifecycle/plan-state.ts';
import { loadDetail, loadResult, type TaskDetail } from '../../store/task-detail.ts';
import { loadTask, type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import type { LiveAttempt, TaskState } from '../../task/state.ts';
import { repositoryOf } from '../apply-plan.ts';
import type { EngineDeps } from '../deps.ts';
import { inParallel } from '../in-parallel.ts';
import { baseOf, forgeOf } from '../task/task-forge.ts';
import { carryOver } from './conversation.ts';
import { foreignScopes } from './foreign-scopes.ts';
import { modelOfTier } from './model-of.ts';

/** Everything that a bridge is told; no secret is in it. */
export async function buildAssignment(
  deps: EngineDeps,
  plan: PlanState,
  task: StoredTask,
  current: LiveAttempt,
): Promise<Assignment> {
  const { state } = task;
  const { settings } = deps;
  const key: AttemptKey = { ...taskKeyOf(state), n: current.n };
  const detail = await loadDetail(deps.table, key);
  const repository = repositoryOf(plan, state.repo);
  const place = await placeOf(deps, plan, state, current);
  const spec = detail?.spec;
  const model = modelOfTier(deps, spec?.tier ?? 'auto');
  const work = current.kind !== 'verify';
  return {
    version: 1,
    attemptId: formatAttemptId(key),
    kind: current.kind,
    plan: { id: plan.id, run: plan.run, title: plan.title },
    task: describe(state, spec),
    repository: {
      name: repository.name,
      cloneUrl: repository.cloneUrl,
      branch: attemptBranch(settings.prefix, key),
      partial: isLarge(repository, settings.partialFromMb),
      ...place,
    },
    setup: repository.setup,
    verify: repository.verify,
    env: repository.env,
    shared: repository.shared,
    foreignScopes: work && state.kind === 'work' ? await foreignScopes(deps, plan, state) : [],
    parents: work ? await parentSummaries(deps, state, detail) : [],
    repair: current.kind === 'repair' ? repairOf(state) : undefined,
    notes: notesOf(plan, repository.notes, state),
    ...(work ? await carryOver(deps.table, state, current) : { conversation: [] }),
    agent: { name: plan.options.agent ?? settings.agent, model, tier: spec?.tier ?? 'auto' },
    author: repository.author ?? settings.author,
    signOff: repository.signOff,
    limits: limitsOf(plan, spec?.limits ?? {}, settings.limits),
    price: settings.prices[model] ?? null,
    leaseMs: settings.leaseMs,
    heartbeatMs: settings.heartbeatMs,
  };
}

function isLarge({ sizeKb }: PlanRepository, fromMb: number | undefined): boolean {
  return sizeKb !== undefined && fromMb !== undefined && sizeKb >= fromMb * 1_024;
}

function describe(state: TaskState, spec: TaskSpec | undefined): Assignment['task'] {
  return {
    id: state.task,
    title: state.title,
    description: spec?.description ?? 'Make the whole of the root branch pass its verification.',
    criteria: spec?.criteria ?? [],
    scope: spec?.scope ?? [],
    interactive: spec?.interactive ?? false,
    end: state.kind === 'end',
  };
}

type Place = Pick<Assignment['repository'], 'start' | 'rootBranch' | 'root' | 'verifyCommit'>;

async function placeOf(
  deps: EngineDeps,
  plan: PlanState,
  state: TaskState,
  current: LiveAttempt,
): Promise<Place> {
  const rootBranch = baseOf(deps, plan, state);
  const head = await forgeOf(deps, plan, state.repo).branchHead(state.repo, rootBranch);
  if (head === undefined)
    throw new AppError(
      'conflict',
      'root_branch_gone',
      `branch ${rootBranch} of ${state.repo} is gone`,
    );
  // A simple plan works on the commit that was explored; its base branch may have moved since.
  const root = state.simple ? repositoryOf(plan, state.repo).baseSha || head : head;
  if (current.kind === 'verify') {
    const on = state.verifyRoot ?? head;
    return { start: on, rootBranch, root: on, verifyCommit: state.accepted?.commit ?? on };
  }
  if (current.kind === 'repair')
    return { start: state.checkpoint ?? state.accepted?.commit ?? head, rootBranch, root: head };
  return { start: state.checkpoint ?? root, rootBranch, root };
}

function repairOf(state: TaskState): Assignment['repair'] {
  return (
    state.repair ?? {
      reason: 'verify_red',
      detail: state.reason?.text ?? state.lastFailure ?? '',
      files: [],
      tasks: [],
    }
  );
}

function notesOf(plan: PlanState, notes: string, state: TaskState): string {
  const parts = [notes];
  if (plan.prompt !== '')
    parts.push(`The whole that this is a part of:\n${plan.prompt.slice(0, 8_000)}`);
  if (state.lastFailure !== undefined)
    parts.push(`An earlier attempt failed:\n${state.lastFailure.slice(0, 6_000)}`);
  return parts.filter((part) => part !== '').join('\n\n');
}

async function parentSummaries(
  deps: EngineDeps,
  state: TaskState,
  detail: TaskDetail | undefined,
): Promise<Assignment['parents']> {
  const parents = (detail?.dependsOn ?? []).slice(0, 64);
  const found = await inParallel(parents, 8, async ({ id }) => {
    const parent = await loadTask(deps.table, { ...taskKeyOf(state), task: id });
    const attempt = parent?.state.accepted?.attempt;
    if (parent === undefined || attempt === undefined) return undefined;
    const result = await loadResult(deps.table, { ...taskKeyOf(parent.state), n: attempt });
    return {
      task: id,
      title: parent.state.title,
      summary: result?.outcome === 'done' ? result.summary.slice(0, 2_000) : '',
    };
  });
  return found.filter((parent) => parent !== undefined);
}
