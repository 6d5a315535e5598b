import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { PlanView } from '../../../core/contract/plan.ts';
import { planViewSchema } from '../../../core/contract/plan.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import { taskViewSchema } from '../../../core/contract/task.ts';
import { waitUntil } from '../wait-until.ts';
import type { PlatformEndpoints } from './platform-endpoints.ts';

// Reads plans as a client does, and waits for conditions on them.

/** A platform whose log can be read for error messages. */
export type LoggedPlatform = PlatformEndpoints & { readTail(): Promise<string> };

/** Pause between two reads, because a read costs the platform about as much as a step of its work. */
const POLL_INTERVAL_MS = 300;

/** Plan with all its tasks at one moment. */
export type PlanSnapshot = { readonly plan: PlanView; readonly tasks: readonly TaskView[] };

const snapshotSchema = z.object({ plan: planViewSchema, tasks: z.array(taskViewSchema) });
const createdSchema = z.object({ plan: planViewSchema });

/** Submits a plan with `smol-gang run` and returns its id. */
export async function submitPlan(
  platform: LoggedPlatform,
  args: readonly string[],
  options: { readonly cwd: string; readonly input?: string },
): Promise<string> {
  const result = await platform.cli(['run', ...args, '--json'], { ...options, expectedExit: 0 });
  return result.json(createdSchema).plan.id;
}

/** Reads a plan with `smol-gang status PLAN --json`. */
export async function readPlanStatus(
  platform: LoggedPlatform,
  plan: string,
): Promise<PlanSnapshot> {
  return (await platform.cli(['status', plan, '--json'])).json(snapshotSchema);
}

class BusyError extends Error {
  override readonly message = 'the platform answered 503';
}

/** Reads a plan through the HTTP API, which is cheaper to repeat than the command. */
export async function fetchPlanSnapshot(
  platform: Pick<PlatformEndpoints, 'api'>,
  plan: string,
): Promise<PlanSnapshot> {
  const [planAnswer, tasksAnswer] = await Promise.all([
    platform.api('GET', `/v1/plans/${plan}`),
    platform.api('GET', `/v1/plans/${plan}/tasks?limit=200`),
  ]);
  if (planAnswer.status === 503 || tasksAnswer.status === 503) throw new BusyError();
  const items = z.object({ items: z.unknown() }).parse(tasksAnswer.body).items;
  return snapshotSchema.parse({ plan: planAnswer.body, tasks: items });
}

const historySchema = z.object({ items: z.array(z.object({ event: z.string() })) });

/** Lists the events of a task, oldest first. */
export async function listTaskEvents(
  platform: Pick<PlatformEndpoints, 'api'>,
  plan: string,
  task: string,
): Promise<string[]> {
  const { body } = await platform.api('GET', `/v1/plans/${plan}/tasks/${task}/history`);
  return historySchema.parse(body).items.map(({ event }) => event);
}

/** Waits for a condition. Throws after the timeout, with the last snapshot and the log of the platform. */
export async function waitForPlan(
  platform: LoggedPlatform,
  plan: string,
  description: string,
  condition: (snapshot: PlanSnapshot) => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<PlanSnapshot> {
  let last: PlanSnapshot | undefined;
  try {
    return await waitUntil(
      description,
      async () => {
        const snapshot = await fetchPlanSnapshot(platform, plan).catch(ignoreBusyError);
        if (snapshot !== undefined) last = snapshot;
        if (snapshot !== undefined && (await condition(snapshot))) return snapshot;
        await setTimeout(POLL_INTERVAL_MS);
        return undefined;
      },
      timeoutMs,
    );
  } catch (cause) {
    const state = last === undefined ? 'the plan was never read' : describeSnapshot(last);
    throw new Error(`plan ${plan}: ${String(cause)}\n${state}\n${await platform.readTail()}`, {
      cause,
    });
  }
}

/** Ignores a 503, which the platform answers while its store restarts or the machine is overloaded. */
function ignoreBusyError(error: unknown): undefined {
  if (error instanceof BusyError) return undefined;
  throw error;
}

/** Waits until the plan has the status. Throws immediately if the plan ends with another status. */
export async function waitForPlanStatus(
  platform: LoggedPlatform,
  plan: string,
  status: PlanView['status'],
  timeoutMs = 60_000,
): Promise<PlanSnapshot> {
  const endStatuses = ['complete', 'rejected', 'cancelled', 'failed', 'closed'];
  const snapshot = await waitForPlan(
    platform,
    plan,
    `the plan is ${status}`,
    (snapshot) => [status, ...endStatuses].includes(snapshot.plan.status),
    timeoutMs,
  );
  if (snapshot.plan.status === status) return snapshot;
  throw new Error(
    `plan ${plan} ended with another status than ${status}\n${describeSnapshot(snapshot)}\n${await platform.readTail()}`,
  );
}

export async function waitForTask(
  platform: LoggedPlatform,
  plan: string,
  task: string,
  condition: (task: TaskView) => boolean,
  timeoutMs = 60_000,
): Promise<TaskView> {
  const snapshot = await waitForPlan(
    platform,
    plan,
    `task ${task} reaches the expected state`,
    ({ tasks }) => tasks.some((view) => view.id === task && condition(view)),
    timeoutMs,
  );
  return requireTask(snapshot, task);
}

export function requireTask(snapshot: PlanSnapshot, task: string): TaskView {
  const view = snapshot.tasks.find(({ id }) => id === task);
  if (view === undefined) throw new Error(`the plan has no task ${task}`);
  return view;
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
