import { parseAttemptId } from '../../core/contract/id.ts';
import type { Table } from '../../core/port/table.ts';
import type { Dag } from './dag.ts';
import type { LabOptions, PortCall } from './lab.ts';
import { createLab } from './lab.ts';
import type { LabTime } from './lab-time.ts';
import { createRealTime } from './lab-time.ts';

// From the merge of the last that a task waited on, known to the store, until its pod is asked for.

const RUN_TIMEOUT_MS = 1_800_000;

export type StoreAndQueue = Pick<LabOptions, 'openQueue'> & { readonly table: Table };
export type HandOffRun = {
  readonly makespanMs: number;
  /** Sorted. */
  readonly handOffMs: readonly number[];
};

type ObservedPlan = {
  readonly plan: string;
  readonly merged: Map<string, number>;
  readonly started: Map<string, number>;
};

/** The graph again and again, a plan each, with one engine over one store: whatever warms up is warm for the next. */
export async function measureHandOffs(
  dag: Dag,
  { table, openQueue }: StoreAndQueue,
  options: { readonly count: number; readonly slots: number },
): Promise<HandOffRun[]> {
  const time = createRealTime();
  let seen = createObservedPlan(0);
  const onCall = (call: PortCall): void => recordCall(call, seen);
  const lab = createLab({
    time,
    slots: options.slots,
    webhooks: false,
    onCall,
    table,
    openQueue,
  });
  const runs: HandOffRun[] = [];
  for (let n = 0; n < options.count; n += 1) {
    seen = createObservedPlan(n);
    const { plan } = seen;
    const began = time.readTimestamp();
    await lab.submitPlan(plan, dag);
    await waitForCompletion(time, () => lab.completePlans.has(plan), lab.failures);
    runs.push(summarizeRun(dag, seen, began));
  }
  return runs;
}

function createObservedPlan(n: number): ObservedPlan {
  const plan = `p${String(n).padStart(10, '0')}`;
  return { plan, merged: new Map(), started: new Map() };
}

async function waitForCompletion(
  time: LabTime,
  isComplete: () => boolean,
  failures: readonly unknown[],
): Promise<void> {
  const done = await time.runUntil(() => isComplete() || failures.length > 0, RUN_TIMEOUT_MS);
  if (!done || failures.length > 0) throw failures[0] ?? new Error('it did not end');
}

/** What an earlier plan leaves to be done is not of this one. */
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

function summarizeRun(dag: Dag, { merged, started }: ObservedPlan, began: number): HandOffRun {
  const momentOf = (moments: ReadonlyMap<string, number>, id: string): number => {
    const moment = moments.get(id);
    if (moment === undefined) throw new Error(`${id} of ${dag.name} was not seen`);
    return moment;
  };
  const handOffMs: number[] = [];
  for (const { id, dependsOn } of dag.nodes) {
    if (dependsOn.length === 0) continue;
    const free = Math.max(...dependsOn.map((parent) => momentOf(merged, parent)));
    const ms = momentOf(started, id) - free;
    if (ms < 0) throw new Error(`${id} of ${dag.name} started before what it waits on was merged`);
    handOffMs.push(ms);
  }
  const lastMerge = Math.max(...dag.nodes.map(({ id }) => momentOf(merged, id)));
  return { makespanMs: lastMerge - began, handOffMs: handOffMs.sort((a, b) => a - b) };
}
