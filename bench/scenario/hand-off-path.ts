import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import { createChainDag } from '../lab/dag.ts';
import type { PortCall } from '../lab/lab.ts';
import { createLab } from '../lab/lab.ts';
import { createVirtualTime } from '../lab/lab-time.ts';
import type { Scenario } from '../scenario.ts';

// Lists the sequential calls of table and queues from the forge's answer "merged" to the request of the dependent's pod.

const PLAN = 'p0123456789';
/** Equal for all calls, because overlapping times then identify parallel calls. */
const CALL_MS = 10;
/** A merge takes much longer than a call of the table. */
const MERGE_MS = 100;
const LATENCY = { table: CALL_MS, queue: CALL_MS, launcher: CALL_MS, forge: MERGE_MS, transit: 1 };
const RUN_TIMEOUT_MS = 3_600_000;

export const handOffPath: Scenario = {
  name: 'hand-off-path',
  description: 'Table and queue calls from a merge to the pod of the dependent task',
  runScenario: async () => {
    const calls = await recordCalls();
    const path = findHandOffPath(calls);
    const steps = groupIntoSteps(path);
    const hops = new Set(path.map((call) => call.invocation)).size - 1;
    const table = {
      title: `${steps.length} sequential calls, ${hops} queue hop`,
      head: ['step', 'handler', 'call', 'subject'],
      rows: path.map((call) => [
        String(1 + steps.findIndex((step) => step.includes(call))),
        call.actor,
        `${call.port} ${call.operation}`,
        call.subject,
      ]),
      notes: [
        'The calls of a step run in parallel. Measured between the third and the fourth task of a chain.',
      ],
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
  // Webhooks arrive after the engine has continued, so they are not part of the path.
  const options = { time, slots: 8, latency: LATENCY, webhooks: false, onCall };
  const lab = createLab({ ...options, table: createMemoryTable() });
  const submitted = lab.submitPlan(PLAN, createChainDag(5));
  const isDone = await time.runUntil(() => lab.completePlans.has(PLAN), RUN_TIMEOUT_MS);
  await submitted;
  if (!isDone || lab.failures.length > 0)
    throw lab.failures[0] ?? new Error('the plan did not complete in time');
  return calls;
}

/** Selects the calls of the merging handler up to its wake-up message, then the scheduler's calls up to the pod request. */
function findHandOffPath(calls: readonly PortCall[]): PortCall[] {
  const merged = calls.filter((call) => call.operation === 'mergePull')[2];
  const pod = calls.find(
    (call) => call.operation === 'ensure' && call.subject === `${PLAN}.r1.n3.1`,
  );
  if (merged === undefined || pod === undefined) throw new Error('the lab recorded no hand-off');
  const isStorageCall = (call: PortCall): boolean => call.port === 'table' || call.port === 'queue';
  const before = calls.filter(
    (call) =>
      isStorageCall(call) && call.invocation === merged.invocation && call.from >= merged.to,
  );
  const wakeUp = before.findIndex(
    (call) => call.port === 'queue' && call.subject.includes('schedule'),
  );
  const after = calls.filter(
    (call) => isStorageCall(call) && call.invocation === pod.invocation && call.to <= pod.from,
  );
  return [...before.slice(0, wakeUp + 1), ...after];
}

/** Groups overlapping calls into steps. */
function groupIntoSteps(path: readonly PortCall[]): PortCall[][] {
  const steps: PortCall[][] = [];
  for (const call of path) {
    const last = steps.at(-1);
    const overlaps = last?.some(
      (other) => other.invocation === call.invocation && call.from < other.to,
    );
    if (last !== undefined && overlaps === true) last.push(call);
    else steps.push([call]);
  }
  return steps;
}
