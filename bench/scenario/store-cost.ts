import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import type { Dag } from '../lab/dag.ts';
import { createBoundedDag, createFanDag } from '../lab/dag.ts';
import { createLab, RESYNC_ACTOR, waitInLabTime } from '../lab/lab.ts';
import { createVirtualTime } from '../lab/lab-time.ts';
import type { Tally } from '../lab/meter.ts';
import { Meter } from '../lab/meter.ts';
import type { Report, Scenario, Table } from '../scenario.ts';

// Measures the usage of table and queues per task, from the submission of a plan to its completion.

const PLAN = 'p0123456789';
const SLOTS = 8;
const MINUTE_MS = 60_000;
/** Approximate latencies of AWS and GitHub in milliseconds; only their ratios matter, because they decide which calls overlap. */
const LATENCY = { table: 5, queue: 8, launcher: 50, forge: 150, transit: 30 };

type Cost = {
  readonly name: string;
  readonly tasks: number;
  readonly perTask: Tally;
  readonly byActor: Record<string, Tally>;
  readonly resyncPerMinute: Tally;
  readonly virtualMinutes: number;
  readonly largestItem: { readonly bytes: number; readonly key: string };
};

export const storeCost: Scenario = {
  name: 'store-cost',
  description: 'Capacity units, requests and messages per task, by the size of the plan',
  measure: async ({ quick }) => {
    const bounded = (quick ? [10, 100] : [10, 100, 1_000, 10_000]).map((size) =>
      createBoundedDag(size),
    );
    // Together with the first and the last task, the widest fan has the maximum of 10,000 tasks.
    const fans = (quick ? [100] : [2_000, 9_998]).map((width) => createFanDag(width));
    const costs: Cost[] = [];
    for (const dag of [...bounded, ...fans]) {
      const cost = await measureCost(dag);
      costs.push(cost);
      const { readUnits, writeUnits } = cost.perTask;
      console.log(
        `${dag.name}: ${readUnits.toFixed(1)} RCU, ${writeUnits.toFixed(1)} WCU per task`,
      );
    }
    return createReport(costs);
  },
};

async function measureCost(dag: Dag): Promise<Cost> {
  const time = createVirtualTime();
  const meter = new Meter();
  const nextDurationMs = createDurationSpread(5 * MINUTE_MS);
  const lab = createLab({
    time,
    table: createMemoryTable(),
    slots: SLOTS,
    meter,
    latency: LATENCY,
    work: () => waitInLabTime(time, nextDurationMs()),
    podEndMs: 1_000,
  });
  let resyncCount = 0;
  const resyncEveryMinute = (): void => {
    time.runAfter(MINUTE_MS, resyncEveryMinute);
    resyncCount += 1;
    void lab.runResync();
  };
  time.runAfter(MINUTE_MS, resyncEveryMinute);
  const startedAt = time.now();
  const submitted = lab.submitPlan(PLAN, dag).catch((error: unknown) => {
    lab.failures.push(error);
  });
  const isDone = await time.runUntil(
    () => lab.completePlans.has(PLAN) || lab.failures.length > 0,
    400 * 24 * 60 * MINUTE_MS,
  );
  if (lab.failures.length > 0) throw lab.failures[0];
  if (!isDone) throw new Error(`${dag.name} did not complete within 400 days of virtual time`);
  await submitted;
  const virtualMinutes = (time.now() - startedAt) / MINUTE_MS;
  // The work that follows the completion is a part of the cost.
  await time.runUntil(() => false, 5 * MINUTE_MS);
  return {
    name: dag.name,
    tasks: dag.nodes.length,
    perTask: scaleTally(meter.sumTallies([RESYNC_ACTOR]), dag.nodes.length),
    byActor: Object.fromEntries(
      [...meter.tallyByActor].map(([actor, tally]) => [actor, scaleTally(tally, dag.nodes.length)]),
    ),
    resyncPerMinute: scaleTally(meter.getTally(RESYNC_ACTOR), resyncCount),
    virtualMinutes,
    largestItem: meter.largestItem,
  };
}

/** Creates repeatable attempt durations between 50 % and 150 % of `middleMs`. */
function createDurationSpread(middleMs: number): () => number {
  let count = 0;
  return () => {
    count += 1;
    return middleMs * (0.5 + ((count * 0.618_034) % 1));
  };
}

function scaleTally(tally: Tally, divisor: number): Tally {
  const { requests, readUnits, writeUnits, sends, messages } = tally;
  return {
    requests: requests / divisor,
    readUnits: readUnits / divisor,
    writeUnits: writeUnits / divisor,
    sends: sends / divisor,
    messages: messages / divisor,
  };
}

const COLUMN_TITLES = ['RCU', 'WCU', 'requests', 'SQS sends', 'messages'];

function renderTally(tally: Tally): number[] {
  const { readUnits, writeUnits, requests, sends, messages } = tally;
  return [readUnits, writeUnits, requests, sends, messages];
}

function createReport(costs: readonly Cost[]): Report {
  const totals: Table = {
    title: 'Usage of the whole plan divided by its number of tasks, without the resync',
    head: ['plan', 'tasks', ...COLUMN_TITLES, 'largest item KB'],
    rows: costs.map((cost) => [
      cost.name,
      cost.tasks,
      ...renderTally(cost.perTask),
      cost.largestItem.bytes / 1_024,
    ]),
    notes: [
      "Units by DynamoDB's published rules, including indexes, measured with the table in memory.",
      `${SLOTS} slots, attempts of 2.5 to 7.5 minutes without output, with webhooks.`,
    ],
  };
  return { tables: [totals, ...costs.map(createActorTable)], figures: costs };
}

function createActorTable(cost: Cost): Table {
  return {
    title: `By handler, ${cost.name}: per task (resync: per minute)`,
    head: ['handler', ...COLUMN_TITLES],
    rows: Object.entries(cost.byActor).map(([actor, tally]) => [
      actor,
      ...renderTally(actor === RESYNC_ACTOR ? cost.resyncPerMinute : tally),
    ]),
    notes: [`largest item: ${cost.largestItem.key}, ${cost.largestItem.bytes} bytes`],
  };
}
