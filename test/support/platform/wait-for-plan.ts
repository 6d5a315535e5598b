import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { PlanView } from '../../../core/contract/plan.ts';
import { planViewSchema } from '../../../core/contract/plan.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import { taskViewSchema } from '../../../core/contract/task.ts';
import { waitUntil } from '../wait-until.ts';
import type { PlatformEndpoints } from './platform-endpoints.ts';

// What a plan looks like to a client, and waiting for it to look otherwise.

/** A platform with its log. */
export type LoggedPlatform = PlatformEndpoints & { readTail(): Promise<string> };

/** A look costs the platform as much as a step of its own. */
const POLL_INTERVAL_MS = 300;

export type PlanSnapshot = { readonly plan: PlanView; readonly tasks: readonly TaskView[] };

const snapshotSchema = z.object({ plan: planViewSchema, tasks: z.array(taskViewSchema) });
const createdSchema = z.object({ plan: planViewSchema });

/** Hands a plan in with the command line and answers its id. */
export async function submitPlan(
  platform: LoggedPlatform,
  args: readonly string[],
  options: { readonly cwd: string; readonly input?: string },
): Promise<string> {
  const made = await platform.cli(['run', ...args, '--json'], { ...options, expectedExit: 0 });
  return made.json(createdSchema).plan.id;
}

/** `status PLAN --json`, by the command line. */
export async function readPlanStatus(
  platform: LoggedPlatform,
  plan: string,
): Promise<PlanSnapshot> {
  return (await platform.cli(['status', plan, '--json'])).json(snapshotSchema);
}

class BusyError extends Error {
  override readonly message = 'the platform answered 503';
}

/** Asked of the HTTP interface, which is cheaper to repeat. */
export async function fetchPlanSnapshot(
  platform: Pick<PlatformEndpoints, 'api'>,
  plan: string,
): Promise<PlanSnapshot> {
  const [head, tasks] = await Promise.all([
    platform.api('GET', `/v1/plans/${plan}`),
    platform.api('GET', `/v1/plans/${plan}/tasks?limit=200`),
  ]);
  if (head.status === 503 || tasks.status === 503) throw new BusyError();
  const items = z.object({ items: z.unknown() }).parse(tasks.body).items;
  return snapshotSchema.parse({ plan: head.body, tasks: items });
}

const historySchema = z.object({ items: z.array(z.object({ event: z.string() })) });

/** What has happened to a task, oldest first. */
export async function listTaskEvents(
  platform: Pick<PlatformEndpoints, 'api'>,
  plan: string,
  task: string,
): Promise<string[]> {
  const { body } = await platform.api('GET', `/v1/plans/${plan}/tasks/${task}/history`);
  return historySchema.parse(body).items.map(({ event }) => event);
}

/** Throws with the plan as it is and the platform's log when it does not come true in time. */
export async function waitForPlan(
  platform: LoggedPlatform,
  plan: string,
  what: string,
  condition: (picture: PlanSnapshot) => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<PlanSnapshot> {
  let last: PlanSnapshot | undefined;
  try {
    return await waitUntil(
      what,
      async () => {
        const seen = await fetchPlanSnapshot(platform, plan).catch(ignoreBusyError);
        if (seen !== undefined) last = seen;
        if (seen !== undefined && (await condition(seen))) return seen;
        await setTimeout(POLL_INTERVAL_MS);
        return undefined;
      },
      timeoutMs,
    );
  } catch (cause) {
    const picture = last === undefined ? 'never seen' : describeSnapshot(last);
    throw new Error(`plan ${plan}: ${String(cause)}\n${picture}\n${await platform.readTail()}`, {
      cause,
    });
  }
}

/** Of a store that is just being started again, or a machine that has no time. */
function ignoreBusyError(error: unknown): undefined {
  if (error instanceof BusyError) return undefined;
  throw error;
}

/** Until the plan has this status; fails at once when it ended otherwise. */
export async function waitForPlanStatus(
  platform: LoggedPlatform,
  plan: string,
  status: PlanView['status'],
  timeoutMs = 60_000,
): Promise<PlanSnapshot> {
  const ended = ['complete', 'rejected', 'cancelled', 'failed'];
  const picture = await waitForPlan(
    platform,
    plan,
    `it is ${status}`,
    ({ plan: { status: now } }) => now === status || ended.includes(now),
    timeoutMs,
  );
  if (picture.plan.status === status) return picture;
  throw new Error(
    `plan ${plan} ended otherwise\n${describeSnapshot(picture)}\n${await platform.readTail()}`,
  );
}

export async function waitForTask(
  platform: LoggedPlatform,
  plan: string,
  task: string,
  condition: (task: TaskView) => boolean,
  timeoutMs = 60_000,
): Promise<TaskView> {
  const picture = await waitForPlan(
    platform,
    plan,
    `task ${task}`,
    (seen) => seen.tasks.some((one) => one.id === task && condition(one)),
    timeoutMs,
  );
  return requireTask(picture, task);
}

export function requireTask(picture: PlanSnapshot, task: string): TaskView {
  const found = picture.tasks.find((one) => one.id === task);
  if (found === undefined) throw new Error(`there is no task ${task}`);
  return found;
}

function describeSnapshot({ plan, tasks }: PlanSnapshot): string {
  const lines = tasks.map(
    (task) =>
      `  ${task.id}: ${task.status}, attempt ${task.attempt}${task.parkedUntil === undefined ? '' : `, parked until ${new Date(task.parkedUntil).toISOString()}`}${task.reason === undefined ? '' : `, ${task.reason}`}`,
  );
  const conditions = plan.conditions.map(
    (condition) => `  ! ${condition.code}: ${condition.message}`,
  );
  return [
    `${plan.id} is ${plan.status}${plan.reason === undefined ? '' : `: ${plan.reason}`}`,
    ...conditions,
    ...lines,
  ].join('\n');
}
