import { API } from '../../core/contract/api.ts';
import { CliError, createUsageError, EXIT } from '../cli-error.ts';
import type { Client } from '../client/client.ts';

/** A plan as it is typed: its id, or `last` for the newest. */
export async function resolvePlan(client: Client, word: string | undefined): Promise<string> {
  if (word !== undefined && word !== 'last') return word;
  const newest = await client.call(API.listPlans, { query: { limit: 1 } });
  const plan = newest.items[0];
  if (plan !== undefined) return plan.id;
  throw new CliError(EXIT.notFound, 'no_plans', 'there is no plan yet', {
    advice: 'hand one in with `smol-gang run --prompt "..."`',
  });
}

/** `PLAN TASK`, or `PLAN/TASK` as one word; what follows are further words. */
export async function resolveTask(
  client: Client,
  words: readonly string[],
): Promise<{ readonly plan: string; readonly task: string; readonly rest: readonly string[] }> {
  const [first = '', ...others] = words;
  const slash = first.indexOf('/');
  if (slash > 0) {
    const plan = await resolvePlan(client, first.slice(0, slash));
    return { plan, task: first.slice(slash + 1), rest: others };
  }
  const [task, ...rest] = others;
  if (task === undefined) throw createUsageError('name the task too: PLAN TASK');
  return { plan: await resolvePlan(client, first), task, rest };
}
