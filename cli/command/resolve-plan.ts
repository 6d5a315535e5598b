import { API } from '../../core/contract/api.ts';
import type { PlanView } from '../../core/contract/plan.ts';
import { CliError, createUsageError, EXIT } from '../cli-error.ts';
import type { Client } from '../client/client.ts';

const PLANS_PER_PAGE = 50;

/** Returns the plan id that the user typed; for `last` or without an argument, the id of the plan that was created last. */
export async function resolvePlan(client: Client, argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== 'last') return argument;
  const newest = await findNewestPlan(client);
  if (newest !== undefined) return newest.id;
  throw new CliError(EXIT.notFound, 'no_plans', 'there is no plan yet', {
    advice: 'start one with `smol-gang run "..."`',
  });
}

/**
 * Finds the plan that was created last. The API lists the most recently changed plan first, and a plan is created before any change,
 * so the search ends at the first plan that changed before the creation of the best candidate.
 */
async function findNewestPlan(client: Client): Promise<PlanView | undefined> {
  let newest: PlanView | undefined;
  let cursor: string | undefined;
  do {
    const query = { limit: PLANS_PER_PAGE, cursor };
    const page = await client.call(API.listPlans, { query });
    for (const plan of page.items) {
      if (newest !== undefined && plan.changedAt < newest.createdAt) return newest;
      if (newest === undefined || plan.createdAt > newest.createdAt) newest = plan;
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return newest;
}

/** Resolves the arguments `PLAN TASK` or `PLAN/TASK`. `otherArgs` are the arguments after the task. */
export async function resolveTask(
  client: Client,
  args: readonly string[],
): Promise<{
  readonly plan: string;
  readonly task: string;
  readonly otherArgs: readonly string[];
}> {
  const [first = '', ...afterFirst] = args;
  const slash = first.indexOf('/');
  if (slash > 0) {
    const plan = await resolvePlan(client, first.slice(0, slash));
    return { plan, task: first.slice(slash + 1), otherArgs: afterFirst };
  }
  const [task, ...otherArgs] = afterFirst;
  if (task === undefined)
    throw createUsageError(
      'the task is missing: give PLAN TASK or PLAN/TASK; `smol-gang status PLAN` lists the tasks',
    );
  return { plan: await resolvePlan(client, first), task, otherArgs };
}
