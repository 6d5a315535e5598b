import type { CreatePlan } from '../contract/plan.ts';
import { planOptionsSchema } from '../contract/plan.ts';
import { NO_USAGE } from '../task-state/task-state.ts';
import type { PlanRepository, PlanState } from './plan-state.ts';
import { EMPTY_ACTIVATION } from './plan-state.ts';

const MAX_TITLE_CHARS = 100;

/**
 * Origin of a new plan. `actor` is the author of the request; `now` in epoch milliseconds; `bodyHash` identifies a repeated
 * request.
 */
export type PlanOrigin = {
  readonly id: string;
  readonly actor: string;
  readonly now: number;
  readonly bodyHash?: string;
  /** Tag under which the first revision is stored; present if the request contains a graph. */
  readonly graphTag?: string;
};

export function createPlanState(
  input: CreatePlan,
  repositories: PlanRepository[],
  { id, actor, now, bodyHash, graphTag }: PlanOrigin,
): PlanState {
  return {
    ...createBlankPlanState({ id, actor, now, status: 'planning' }),
    title: derivePlanTitle(input),
    prompt: input.prompt,
    options: planOptionsSchema.parse(input),
    policy: input.policy,
    repositories,
    hasSubmittedGraph: input.graph !== undefined,
    revisionTags: graphTag === undefined ? [] : [graphTag],
    bodyHash,
  };
}

/** Creates a plan without title, prompt, repositories and work, with the default options. */
export function createBlankPlanState({
  id,
  actor,
  now,
  status,
}: Pick<PlanOrigin, 'id' | 'actor' | 'now'> & Pick<PlanState, 'status'>): PlanState {
  return {
    id,
    title: '',
    prompt: '',
    status,
    options: planOptionsSchema.parse({}),
    policy: 'auto',
    repositories: [],
    hasSubmittedGraph: false,
    run: 1,
    revision: 0,
    revisionTags: [],
    conditions: [],
    planning: { stage: 'queued', consecutiveFailures: 0 },
    activation: EMPTY_ACTIVATION,
    finalTasks: [],
    pulls: [],
    stoppingRuns: [],
    pendingCleanups: [],
    usage: NO_USAGE,
    consecutiveEngineFailures: 0,
    createdBy: actor,
    createdAt: now,
    last: { version: 1, at: now, from: 'none', to: status, event: 'created', actor },
  };
}

/** Returns the title of the request, else the first line of the prompt, else the number of submitted tasks. */
function derivePlanTitle({ title, prompt, graph }: CreatePlan): string {
  const titleOrLine = title ?? prompt.trim().split('\n')[0] ?? '';
  const text = titleOrLine === '' ? `Graph of ${graph?.length ?? 0} tasks` : titleOrLine;
  return text.length > MAX_TITLE_CHARS ? `${text.slice(0, MAX_TITLE_CHARS - 3)}...` : text;
}
