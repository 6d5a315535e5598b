import { parseAttemptId } from '../../core/contract/id.ts';
import type { Table } from '../../core/port/table.ts';
import type { Dag } from './dag.ts';
import type { LabOptions, PortCall } from './lab.ts';
import { createLab } from './lab.ts';
import type { LabTime } from './lab-time.ts';
import { createRealTime } from './lab-time.ts';

// Measures hand-offs: the time from the stored merge of a task's last dependency to the request of the task's pod.

const RUN_TIMEOUT_MS = 1_800_000;

/** Table and queues of a measurement. */
export type StoreAndQueue = Pick<LabOptions, 'openQueue'> & { readonly table: Table };

/** Makespan and hand-offs of a plan. */
export type HandOffRun = {
  readonly makespanMs: number;
  /** Hand-offs of all tasks with dependencies, in ascending order. */
  readonly handOffMs: readonly number[];
};

/** The plan of the current run, with the timestamps of its events by task. */
type ObservedPlan = {
  readonly plan: string;
  readonly mergedAt: Map<string, number>;
  readonly podRequestedAt: Map<string, number>;
};

/** Runs the graph `count` times, each time as a new plan of the same engine and table, so later runs are warm. */
export async function measureHandOffs(
  dag: Dag,
  { table, openQueue }: StoreAndQueue,
  options: { readonly count: number; readonly slots: number },
): Promise<HandOffRun[]> {
  const time = createRealTime();
  let observed = createObservedPlan(0);
  const onCall = (call: PortCall): void => recordCall(call, observed);
  const lab = createLab({
    time,
    slots: options.slots,
    webhooks: false,
    onCall,
    table,
    openQueue,
  });
  const runs: HandOffRun[] = [];
  for (let run = 0; run < options.count; run += 1) {
    observed = createObservedPlan(run);
    const { plan } = observed;
    const startedAt = time.readTimestamp();
    await lab.submitPlan(plan, dag);
    await waitForCompletion(time, () => lab.completePlans.has(plan), lab.failures);
    runs.push(summarizeRun(dag, observed, startedAt));
  }
  return runs;
}

function createObservedPlan(run: number): ObservedPlan {
  const plan = `p${String(run).padStart(10, '0')}`;
  return { plan, mergedAt: new Map(), podRequestedAt: new Map() };
}

async function waitForCompletion(
  time: LabTime,
  isComplete: () => boolean,
  failures: readonly unknown[],
): Promise<void> {
  const hasEnded = await time.runUntil(() => isComplete() || failures.length > 0, RUN_TIMEOUT_MS);
  if (!hasEnded || failures.length > 0)
    throw (
      failures[0] ??
      new Error(`the plan did not complete within ${RUN_TIMEOUT_MS / 60_000} minutes`)
    );
}

/** Records merges and pod requests of the observed plan; ignores calls for earlier plans. */
function recordCall(
  { operation, subject, answer, startedAt, endedAt }: PortCall,
  { plan, mergedAt, podRequestedAt }: ObservedPlan,
): void {
  if (operation === 'ensure') {
    const attempt = parseAttemptId(subject);
    if (attempt?.plan === plan && !podRequestedAt.has(attempt.task))
      podRequestedAt.set(attempt.task, startedAt);
  }
  if (operation !== 'update' || !subject.startsWith(`TASK#${plan}#`) || !subject.endsWith(' STATE'))
    return;
  const isMerged =
    typeof answer === 'object' &&
    answer !== null &&
    'status' in answer &&
    answer.status === 'merged';
  const task = subject.split(' ')[0]?.split('#')[3] ?? '';
  if (isMerged && !mergedAt.has(task)) mergedAt.set(task, endedAt);
}

function summarizeRun(
  dag: Dag,
  { mergedAt, podRequestedAt }: ObservedPlan,
  startedAt: number,
): HandOffRun {
  const requireTimestamp = (timestamps: ReadonlyMap<string, number>, id: string): number => {
    const timestamp = timestamps.get(id);
    if (timestamp === undefined)
      throw new Error(
        `the measurement of ${dag.name} recorded no pod request or no merge of task ${id}`,
      );
    return timestamp;
  };
  const handOffMs: number[] = [];
  for (const { id, dependsOn } of dag.nodes) {
    if (dependsOn.length === 0) continue;
    const readyAt = Math.max(...dependsOn.map((parent) => requireTimestamp(mergedAt, parent)));
    const ms = requireTimestamp(podRequestedAt, id) - readyAt;
    if (ms < 0)
      throw new Error(`task ${id} of ${dag.name} started before its dependencies were merged`);
    handOffMs.push(ms);
  }
  const lastMerge = Math.max(...dag.nodes.map(({ id }) => requireTimestamp(mergedAt, id)));
  return { makespanMs: lastMerge - startedAt, handOffMs: handOffMs.sort((a, b) => a - b) };
}
