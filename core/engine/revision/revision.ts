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
import type { EngineDeps, StoreDeps } from '../engine-deps.ts';

/** Number of tokens that an agent uses per minute; an assumption for forecasts. */
const TOKENS_PER_MINUTE = 6_000;
/** Maximum number of tasks in a graph that a person submits or edits. */
export const MAX_PERSON_TASKS = 10_000;
/** Maximum number of problems in an error message. */
const MAX_REPORTED_PROBLEMS = 20;
/** Maximum number of problems in the details of an error. */
const MAX_PROBLEM_DETAILS = 100;

/** Validates a graph that a person wrote. */
export function findGraphProblems(
  plan: Pick<PlanState, 'repositories'>,
  tasks: readonly TaskSpec[],
): GraphProblem[] {
  return validateGraph(tasks, {
    repositories: plan.repositories.map(({ name }) => name),
    source: 'person',
    maxTasks: MAX_PERSON_TASKS,
  });
}

/** Throws `invalid_graph` with the errors of the graph. */
export function requireValidGraph(
  plan: Pick<PlanState, 'repositories'>,
  tasks: readonly TaskSpec[],
): void {
  const problems = findGraphProblems(plan, tasks);
  if (!hasErrors(problems)) return;
  const errors = problems.filter((problem) => problem.severity === 'error');
  const messages = errors.map((problem) => problem.message).slice(0, MAX_REPORTED_PROBLEMS);
  throw new AppError('invalid', 'invalid_graph', messages.join('\n'), {
    details: { problems: errors.slice(0, MAX_PROBLEM_DETAILS) },
  });
}

/** Builds a revision with its overlap edges and its forecast, without storing it. */
export function buildRevision(
  deps: Pick<EngineDeps, 'clock' | 'settings'>,
  plan: PlanState,
  tasks: readonly TaskSpec[],
  origin: { readonly revision: number; readonly by: string; readonly note: string },
): Revision {
  const { prices, models, caps } = deps.settings;
  const names = plan.repositories.map(({ name }) => name);
  const shared = Object.fromEntries(plan.repositories.map(({ name, shared }) => [name, shared]));
  const overlaps = orderOverlaps(tasks, [], shared, names);
  const price = prices[models.heavy];
  const forecast = forecastGraph(tasks, overlaps.edges, {
    slots: Math.min(plan.options.maxParallel ?? caps.plan, caps.system),
    tokensPerMinute: TOKENS_PER_MINUTE,
    usdPerToken: price === undefined ? null : price.input / 1_000_000,
    unorderedPairs: overlaps.unorderedPairs,
  });
  return { ...origin, at: deps.clock.now(), tasks: [...tasks], edges: overlaps.edges, forecast };
}

/** Returns a stored revision, or throws `revision_unknown`. */
export async function requireRevision(
  deps: StoreDeps,
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
      `plan ${plan.id} has no revision ${revision}; its newest revision is ${plan.revision}`,
    );
  return stored;
}

/** Returns the approved revision, which is the graph of the current run. */
export function requireApprovedRevision(deps: StoreDeps, plan: PlanState): Promise<Revision> {
  return requireRevision(deps, plan, plan.approvedRevision ?? plan.revision);
}
