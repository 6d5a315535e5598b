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

/** Times of a plan. */
export type HandOffRun = {
  readonly makespanMs: number;
  /** Hand-off of each task with dependencies, ascending. */
  readonly handOffMs: readonly number[];
};

type ObservedPlan = {
  readonly plan: string;
  readonly merged: Map<string, number>;
  readonly started: Map<string, number>;
};

/** Runs the graph `count` times as separate plans, with the same engine and table, so later runs are warm. */
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
  return { plan, merged: new Map(), started: new Map() };
}

async function waitForCompletion(
  time: LabTime,
  isComplete: () => boolean,
  failures: readonly unknown[],
): Promise<void> {
  const done = await time.runUntil(() => isComplete() || failures.length > 0, RUN_TIMEOUT_MS);
  if (!done || failures.length > 0)
    throw failures[0] ?? new Error('the plan did not complete in time');
}

/** Records merges and starts of the observed plan; calls for earlier plans are ignored. */
function recordCall(
  { operation, subject, answer, from, to }: PortCall,
  { plan, merged, started }: ObservedPlan,
): void {
  if (operation === 'ensure') {
    const key = parseAttemptId(subject);
    if (key?.plan === plan && !started.has(key.task)) started.set(key.task, from);
  }
  if (operation !== 'update' || !subject.startsWith(`TASK#${plan}#`) || !subject.endsWith(' STATE'))
    return;
  const isMerged =
    typeof answer === 'object' &&
    answer !== null &&
    'status' in answer &&
    answer.status === 'merged';
  const task = subject.split(' ')[0]?.split('#')[3] ?? '';
  if (isMerged && !merged.has(task)) merged.set(task, to);
}

function summarizeRun(dag: Dag, { merged, started }: ObservedPlan, startedAt: number): HandOffRun {
  const requireMoment = (moments: ReadonlyMap<string, number>, id: string): number => {
    const moment = moments.get(id);
    if (moment === undefined) throw new Error(`task ${id} of ${dag.name} was not observed`);
    return moment;
  };
  const handOffMs: number[] = [];
  for (const { id, dependsOn } of dag.nodes) {
    if (dependsOn.length === 0) continue;
    const readyAt = Math.max(...dependsOn.map((parent) => requireMoment(merged, parent)));
    const ms = requireMoment(started, id) - readyAt;
    if (ms < 0)
      throw new Error(`task ${id} of ${dag.name} started before its dependencies were merged`);
    handOffMs.push(ms);
  }
  const lastMerge = Math.max(...dag.nodes.map(({ id }) => requireMoment(merged, id)));
  return { makespanMs: lastMerge - startedAt, handOffMs: handOffMs.sort((a, b) => a - b) };
}
