import { AppError } from '../../base/app-error.ts';
import type { CreatePlan } from '../../contract/plan.ts';
import type { TaskSpec } from '../../contract/task.ts';
import { createPlanState } from '../../plan-state/create-plan-state.ts';
import { announceNewPlan } from '../../plan-state/plan-announcements.ts';
import type { PlanRepository } from '../../plan-state/plan-state.ts';
import type { Revision, StoredPlan } from '../../store/plan-store.ts';
import { putNewPlan, putRevision } from '../../store/plan-store.ts';
import { loadRepository } from '../../store/repository-store.ts';
import { sendMessages } from '../announce-changes.ts';
import { requirePlan } from '../apply/apply-transition.ts';
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';
import { requireValidGraph } from '../revision/revision.ts';

/**
 * Creates a plan. A repeated request with the same idempotency key has the same `id` and returns the existing plan. Throws
 * `repository_unknown` or `invalid_graph`.
 */
export async function createPlan(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'log' | 'newId'>,
  input: CreatePlan,
  actor: string,
  id: string,
  bodyHash?: string,
): Promise<StoredPlan> {
  const repositories = await Promise.all(
    input.repositories.map((repository) => requireLinkedRepository(deps, repository)),
  );
  if (input.graph !== undefined) requireValidGraph({ repositories }, input.graph);
  const now = deps.clock.now();
  const revisionTag = deps.newId();
  const graphTag = input.graph === undefined ? undefined : revisionTag;
  if (input.graph !== undefined)
    await putRevision(deps.table, id, revisionTag, buildSubmittedRevision(input.graph, actor, now));
  const state = createPlanState(input, repositories, { id, actor, now, bodyHash, graphTag });
  await putNewPlan(deps.table, state, now);
  await sendMessages(deps, announceNewPlan(state).wakeUps);
  return requirePlan(deps, id);
}

/** Builds the first revision of a submitted graph. The planner later adds the overlap edges and the forecast. */
function buildSubmittedRevision(tasks: TaskSpec[], by: string, at: number): Revision {
  const forecast = {
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
  return { revision: 1, by, at, note: 'submitted', tasks, edges: [], forecast };
}

async function requireLinkedRepository(
  deps: StoreDeps,
  input: CreatePlan['repositories'][number],
): Promise<PlanRepository> {
  const repository = await loadRepository(deps.table, input.name);
  if (repository === undefined)
    throw new AppError(
      'invalid',
      'repository_unknown',
      `repository ${input.name} is not linked to smol-gang; link the repository first (POST /v1/repositories)`,
      { details: { repository: input.name } },
    );
  return {
    name: repository.name,
    forge: repository.forge,
    cloneUrl: repository.url,
    ...(repository.path === undefined ? {} : { path: repository.path }),
    base: input.base ?? repository.defaultBranch,
    baseSha: input.baseSha ?? '',
    setup: [],
    verify: [],
    shared: [],
    env: {},
    strictMerge: false,
    agentInstructions: '',
    signOff: false,
    commandsDescription: '',
  };
}
