import { AppError } from '../../base/app-error.ts';
import type { TaskSpec } from '../../contract/task.ts';
import type { GraphProblem } from '../../graph/check/graph-problem.ts';
import { hasErrors } from '../../graph/check/graph-problem.ts';
import { validateGraph } from '../../graph/check/validate-graph.ts';
import { forecastGraph } from '../../graph/forecast/forecast-graph.ts';
import { orderOverlaps } from '../../graph/overlap/order-overlaps.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { Revision } from '../../store/plan-store.ts';
import { loadRevision } from '../../store/plan-store.ts';
import type { EngineDeps } from '../engine-deps.ts';

/** Tokens that an agent uses in a minute, as far as a forecast can know. */
const TOKENS_PER_MINUTE = 6_000;
export const MAX_PERSON_TASKS = 10_000;

export function findGraphProblems(
  plan: Pick<PlanState, 'repositories'>,
  tasks: readonly TaskSpec[],
): GraphProblem[] {
  return validateGraph(tasks, {
    repositories: plan.repositories.map((one) => one.name),
    source: 'person',
    maxTasks: MAX_PERSON_TASKS,
  });
}

/** Throws AppError `invalid_graph` that names every fault. */
export function requireValidGraph(
  plan: Pick<PlanState, 'repositories'>,
  tasks: readonly TaskSpec[],
): void {
  const problems = findGraphProblems(plan, tasks);
  if (!hasErrors(problems)) return;
  const errors = problems.filter((problem) => problem.severity === 'error');
  throw new AppError(
    'invalid',
    'invalid_graph',
    errors
      .map((problem) => problem.message)
      .slice(0, 20)
      .join('\n'),
    { details: { problems: errors.slice(0, 100) } },
  );
}

/** A graph with its overlap edges and its forecast, not yet stored. */
export function buildRevision(
  deps: EngineDeps,
  plan: PlanState,
  tasks: readonly TaskSpec[],
  written: { readonly revision: number; readonly by: string; readonly note: string },
): Revision {
  const names = plan.repositories.map((one) => one.name);
  const shared = Object.fromEntries(plan.repositories.map((one) => [one.name, one.shared]));
  const overlaps = orderOverlaps(tasks, [], shared, names);
  const price = deps.settings.prices[deps.settings.models.heavy];
  const forecast = forecastGraph(tasks, overlaps.edges, {
    slots: Math.min(plan.options.maxParallel ?? deps.settings.caps.plan, deps.settings.caps.system),
    tokensPerMinute: TOKENS_PER_MINUTE,
    usdPerToken: price === undefined ? null : price.input / 1_000_000,
    remaining: overlaps.remaining,
  });
  return { ...written, at: deps.clock.now(), tasks: [...tasks], edges: overlaps.edges, forecast };
}

export async function requireRevision(
  deps: EngineDeps,
  plan: PlanState,
  revision: number,
): Promise<Revision> {
  const tag = plan.revisionTags[revision - 1];
  const stored =
    tag === undefined ? undefined : await loadRevision(deps.table, plan.id, revision, tag);
  if (stored === undefined)
    throw new AppError(
      'notFound',
      'revision_unknown',
      `plan ${plan.id} has no revision ${revision}; its newest is ${plan.revision}`,
    );
  return stored;
}

/** The graph that the current run executes. */
export function requireApprovedRevision(deps: EngineDeps, plan: PlanState): Promise<Revision> {
  return requireRevision(deps, plan, plan.approved ?? plan.revision);
}
