import { parseAttemptId } from '../../core/contract/id.ts';
import type { Table } from '../../core/port/table.ts';
import type { Dag } from './dag.ts';
import { type Call, createLab, type LabOptions } from './lab.ts';
import { type LabTime, realTime } from './lab-time.ts';

// From the merge of the last that a task waited on, known to the store, until its pod is asked for.

const LIMIT_MS = 1_800_000;

export type Ground = Pick<LabOptions, 'openQueue'> & { readonly table: Table };
export type HandOffRun = {
  readonly makespanMs: number;
  /** Sorted. */
  readonly handOffMs: readonly number[];
};

type Seen = {
  readonly plan: string;
  readonly merged: Map<string, number>;
  readonly started: Map<string, number>;
};

/** The graph again and again, a plan each, with one engine over one store: whatever warms up is warm for the next. */
export async function measureHandOffs(
  dag: Dag,
  { table, openQueue }: Ground,
  options: { readonly count: number; readonly slots: number },
): Promise<HandOffRun[]> {
  const time = realTime();
  let seen = seenOf(0);
  const onCall = (call: Call): void => note(call, seen);
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
    seen = seenOf(n);
    const { plan } = seen;
    const began = time.stamp();
    await lab.submit(plan, dag);
    await ended(time, () => lab.complete.has(plan), lab.failures);
    runs.push(runOf(dag, seen, began));
  }
  return runs;
}

function seenOf(n: number): Seen {
  const plan = `p${String(n).padStart(10, '0')}`;
  return { plan, merged: new Map(), started: new Map() };
}

async function ended(
  time: LabTime,
  isComplete: () => boolean,
  failures: readonly unknown[],
): Promise<void> {
  const done = await time.run(() => isComplete() || failures.length > 0, LIMIT_MS);
  if (!done || failures.length > 0) throw failures[0] ?? new Error('it did not end');
}

/** What an earlier plan leaves to be done is not of this one. */
function note({ what, about, answer, from, to }: Call, { plan, merged, started }: Seen): void {
  if (what === 'ensure') {
    const key = parseAttemptId(about);
    if (key?.plan === plan && !started.has(key.task)) started.set(key.task, from);
  }
  if (what !== 'update' || !about.startsWith(`TASK#${plan}#`) || !about.endsWith(' STATE')) return;
  const isMerged =
    typeof answer === 'object' &&
    answer !== null &&
    'status' in answer &&
    answer.status === 'merged';
  const task = about.split(' ')[0]?.split('#')[3] ?? '';
  if (isMerged && !merged.has(task)) merged.set(task, to);
}

function runOf(dag: Dag, { merged, started }: Seen, began: number): HandOffRun {
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
