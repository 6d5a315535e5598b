import { API } from '../../core/contract/api.ts';
import { CliError, createUsageError, EXIT } from '../cli-error.ts';
import type { Client } from '../client/client.ts';

/** Returns the plan id that the user typed; for `last` or without an argument, the id of the newest plan. */
export async function resolvePlan(client: Client, argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== 'last') return argument;
  const newest = await client.call(API.listPlans, { query: { limit: 1 } });
  const plan = newest.items[0];
  if (plan !== undefined) return plan.id;
  throw new CliError(EXIT.notFound, 'no_plans', 'there is no plan yet', {
    advice: 'start one with `smol-gang run --prompt "..."`',
  });
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
