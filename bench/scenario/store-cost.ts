import { createMemoryTable } from '../../test/support/memory-table.ts';
import { boundedDag, type Dag, fanDag } from '../lab/dag.ts';
import { createLab, pause } from '../lab/lab.ts';
import { virtualTime } from '../lab/lab-time.ts';
import { Meter, type Tally } from '../lab/meter.ts';
import type { Report, Scenario, Table } from '../scenario.ts';

// What a task costs at the store and the queues, from the submission to the plan that is ready for a person.

const PLAN = 'p0123456789';
const SLOTS = 8;
const MINUTE = 60_000;
/** As of AWS, roughly; only their order matters here: it decides who meets whom. */
const LATENCY = { table: 5, queue: 8, launcher: 50, forge: 150, transit: 30 };

type Cost = {
  name: string;
  tasks: number;
  perTask: Tally;
  byActor: Record<string, Tally>;
  reconcilePerMinute: Tally;
  virtualMinutes: number;
  largest: { bytes: number; key: string };
};

export const storeCost: Scenario = {
  name: 'store-cost',
  what: 'Capacity units, requests and messages of a task, by the size of its plan',
  run: async ({ quick }) => {
    const bounded = (quick ? [10, 100] : [10, 100, 1_000, 10_000]).map((size) => boundedDag(size));
    // The widest has as many tasks, with the first and the last, as a graph may have.
    const fans = (quick ? [100] : [2_000, 9_998]).map((width) => fanDag(width));
    const costs: Cost[] = [];
    for (const dag of [...bounded, ...fans]) {
      const cost = await costOf(dag);
      costs.push(cost);
      const { readUnits, writeUnits } = cost.perTask;
      console.log(`${dag.name}: ${readUnits.toFixed(1)} RCU, ${writeUnits.toFixed(1)} WCU a task`);
    }
    return report(costs);
  },
};

export async function costOf(dag: Dag): Promise<Cost> {
  const time = virtualTime();
  const meter = new Meter();
  const nextMs = spreadOf(5 * MINUTE);
  const lab = createLab({
    time,
    table: createMemoryTable(),
    slots: SLOTS,
    meter,
    latency: LATENCY,
    work: () => pause(time, nextMs()),
    podEndMs: 1_000,
  });
  let minutes = 0;
  const tick = (): void => {
    time.after(MINUTE, tick);
    minutes += 1;
    void lab.reconcile();
  };
  time.after(MINUTE, tick);
  const began = time.now();
  const submitted = lab.submit(PLAN, dag).catch((error: unknown) => {
    lab.failures.push(error);
  });
  const done = await time.run(
    () => lab.complete.has(PLAN) || lab.failures.length > 0,
    400 * 24 * 60 * MINUTE,
  );
  if (lab.failures.length > 0) throw lab.failures[0];
  if (!done) throw new Error(`${dag.name} did not end`);
  await submitted;
  const virtualMinutes = (time.now() - began) / MINUTE;
  await time.run(() => false, 5 * MINUTE);
  return {
    name: dag.name,
    tasks: dag.nodes.length,
    perTask: scaled(meter.total(['reconcile']), dag.nodes.length),
    byActor: Object.fromEntries(
      [...meter.byActor].map(([actor, tally]) => [actor, scaled(tally, dag.nodes.length)]),
    ),
    reconcilePerMinute: scaled(meter.tally('reconcile'), minutes),
    virtualMinutes,
    largest: meter.largest,
  };
}

/** Attempts of many lengths, the same in each run: between half and one and a half of `middleMs`. */
function spreadOf(middleMs: number): () => number {
  let n = 0;
  return () => {
    n += 1;
    return middleMs * (0.5 + ((n * 0.618_034) % 1));
  };
}

function scaled(tally: Tally, by: number): Tally {
  const { requests, readUnits, writeUnits, sends, messages } = tally;
  return {
    requests: requests / by,
    readUnits: readUnits / by,
    writeUnits: writeUnits / by,
    sends: sends / by,
    messages: messages / by,
  };
}

const HEAD = ['RCU', 'WCU', 'requests', 'SQS sends', 'messages'];

function cells(tally: Tally): number[] {
  const { readUnits, writeUnits, requests, sends, messages } = tally;
  return [readUnits, writeUnits, requests, sends, messages];
}

function report(costs: readonly Cost[]): Report {
  const totals: Table = {
    title: 'Cost of a task, its share of the plan included (no reconciler)',
    head: ['plan', 'tasks', ...HEAD, 'largest item KB'],
    rows: costs.map((cost) => [
      cost.name,
      cost.tasks,
      ...cells(cost.perTask),
      cost.largest.bytes / 1_024,
    ]),
    notes: [
      "Units by DynamoDB's published rules over the table in memory, those of indexes included.",
      `${SLOTS} slots, attempts of 2.5 to 7.5 minutes without output, with webhooks.`,
    ],
  };
  return { tables: [totals, ...costs.map(actorTable)], figures: costs };
}

function actorTable(cost: Cost): Table {
  return {
    title: `By handler, ${cost.name}: per task (reconciler: per minute)`,
    head: ['handler', ...HEAD],
    rows: Object.entries(cost.byActor).map(([actor, tally]) => [
      actor,
      ...cells(actor === 'reconcile' ? cost.reconcilePerMinute : tally),
    ]),
    notes: [`largest item: ${cost.largest.key}, ${cost.largest.bytes} bytes`],
  };
}
