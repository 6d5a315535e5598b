import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import { createChainDag } from '../lab/dag.ts';
import type { PortCall } from '../lab/lab.ts';
import { createLab } from '../lab/lab.ts';
import { createVirtualTime } from '../lab/lab-time.ts';
import type { Scenario } from '../scenario.ts';

// From "the forge answered: merged" to "the dependent's pod is requested": which calls of the store and the queues lie one
// after another on that way.

const PLAN = 'p0123456789';
/** All calls take the same time, so that those made at once can be told from those in turn. */
const CALL_MS = 10;
/** A merge takes a forge far longer than the store takes for an item. */
const MERGE_MS = 100;
const LATENCY = { table: CALL_MS, queue: CALL_MS, launcher: CALL_MS, forge: MERGE_MS, transit: 1 };
const RUN_TIMEOUT_MS = 3_600_000;

export const handOffPath: Scenario = {
  name: 'hand-off-path',
  description: 'Store and queue calls from a merge to the pod of the task that waited on it',
  runScenario: async () => {
    const calls = await recordCalls();
    const path = findHandOffPath(calls);
    const steps = groupIntoSteps(path);
    const hops = new Set(path.map((call) => call.invocation)).size - 1;
    const table = {
      title: `${steps.length} calls in turn, ${hops} queue hop`,
      head: ['step', 'handler', 'call', 'of what'],
      rows: path.map((call) => [
        String(1 + steps.findIndex((step) => step.includes(call))),
        call.actor,
        `${call.port} ${call.operation}`,
        call.subject,
      ]),
      notes: ['Calls of one step are made at once. A chain of tasks, third to fourth.'],
    };
    const figures = {
      sequentialCalls: steps.length,
      queueHops: hops,
      calls: path.map(
        ({ actor, port, operation, subject }) => `${actor}: ${port} ${operation} ${subject}`,
      ),
    };
    return { tables: [table], figures };
  },
};

async function recordCalls(): Promise<PortCall[]> {
  const time = createVirtualTime();
  const calls: PortCall[] = [];
  const onCall = (call: PortCall): void => {
    calls.push(call);
  };
  // Webhooks come while the engine has long gone on: they are not on the way.
  const options = { time, slots: 8, latency: LATENCY, webhooks: false, onCall };
  const lab = createLab({ ...options, table: createMemoryTable() });
  const submitted = lab.submitPlan(PLAN, createChainDag(5));
  const done = await time.runUntil(() => lab.completePlans.has(PLAN), RUN_TIMEOUT_MS);
  await submitted;
  if (!done || lab.failures.length > 0) throw lab.failures[0] ?? new Error('it did not end');
  return calls;
}

/** Of the handler that merged, until it sent the nudge; then of the handler that took it, until it asked for the pod. */
function findHandOffPath(calls: readonly PortCall[]): PortCall[] {
  const merged = calls.filter((call) => call.operation === 'mergePull')[2];
  const pod = calls.find(
    (call) => call.operation === 'ensure' && call.subject === `${PLAN}.r1.n3.1`,
  );
  if (merged === undefined || pod === undefined) throw new Error('nothing was handed off');
  const own = (call: PortCall): boolean => call.port === 'table' || call.port === 'queue';
  const before = calls.filter(
    (call) => own(call) && call.invocation === merged.invocation && call.from >= merged.to,
  );
  const nudge = before.findIndex(
    (call) => call.port === 'queue' && call.subject.includes('schedule'),
  );
  const after = calls.filter(
    (call) => own(call) && call.invocation === pod.invocation && call.to <= pod.from,
  );
  return [...before.slice(0, nudge + 1), ...after];
}

/** Calls that overlap are one step. */
function groupIntoSteps(path: readonly PortCall[]): PortCall[][] {
  const steps: PortCall[][] = [];
  for (const call of path) {
    const last = steps.at(-1);
    const together = last?.some(
      (other) => other.invocation === call.invocation && call.from < other.to,
    );
    if (last !== undefined && together === true) last.push(call);
    else steps.push([call]);
  }
  return steps;
}
