import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import { createChainDag } from '../lab/dag.ts';
import type { PortCall } from '../lab/lab.ts';
import { createLab } from '../lab/lab.ts';
import { createVirtualTime } from '../lab/lab-time.ts';
import type { Scenario } from '../scenario.ts';

// Lists the calls of table and queues between the merge of a task and the request of the pod of its dependent.

const PLAN = 'p0123456789';
/** Duration of a call of table, queues or launcher. With equal durations, only parallel calls overlap in time. */
const CALL_MS = 10;
/** Duration of a call of the forge, such as a merge: much longer than a call of the table, as on a real forge. */
const FORGE_CALL_MS = 100;
const LATENCY = {
  table: CALL_MS,
  queue: CALL_MS,
  launcher: CALL_MS,
  forge: FORGE_CALL_MS,
  transit: 1,
};
const RUN_TIMEOUT_MS = 3_600_000;

export const handOffPath: Scenario = {
  name: 'hand-off-path',
  description: 'Table and queue calls from a merge to the pod of the dependent task',
  measure: async () => {
    const calls = await recordCalls();
    const path = findHandOffPath(calls);
    const steps = groupIntoSteps(path);
    const queueHops = new Set(path.map((call) => call.invocation)).size - 1;
    const table = {
      title: `${steps.length} sequential calls, queue hops: ${queueHops}`,
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
      queueHops,
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
  // Webhooks are off: a webhook arrives after the engine has continued, so its calls are not part of the path.
  const options = { time, slots: 8, latency: LATENCY, webhooks: false, onCall };
  const lab = createLab({ ...options, table: createMemoryTable() });
  const submitted = lab.submitPlan(PLAN, createChainDag(5));
  const isDone = await time.runUntil(() => lab.completePlans.has(PLAN), RUN_TIMEOUT_MS);
  await submitted;
  if (!isDone || lab.failures.length > 0)
    throw lab.failures[0] ?? new Error('the plan did not complete within an hour of virtual time');
  return calls;
}

/** Selects the calls of the merging handler up to its message to the scheduler, then the scheduler's calls up to the pod request. */
function findHandOffPath(calls: readonly PortCall[]): PortCall[] {
  const merge = calls.filter((call) => call.operation === 'mergePull')[2];
  const podRequest = calls.find(
    (call) => call.operation === 'ensure' && call.subject === `${PLAN}.r1.n3.1`,
  );
  if (merge === undefined || podRequest === undefined)
    throw new Error(
      'the lab recorded no merge of the third task or no pod request of the fourth task',
    );
  const isStorageCall = (call: PortCall): boolean => call.port === 'table' || call.port === 'queue';
  const callsAfterMerge = calls.filter(
    (call) =>
      isStorageCall(call) &&
      call.invocation === merge.invocation &&
      call.startedAt >= merge.endedAt,
  );
  const wakeUpIndex = callsAfterMerge.findIndex(
    (call) => call.port === 'queue' && call.subject.includes('schedule'),
  );
  const callsBeforePodRequest = calls.filter(
    (call) =>
      isStorageCall(call) &&
      call.invocation === podRequest.invocation &&
      call.endedAt <= podRequest.startedAt,
  );
  return [...callsAfterMerge.slice(0, wakeUpIndex + 1), ...callsBeforePodRequest];
}

/** Groups calls into steps; the calls of a step overlap in time. */
function groupIntoSteps(path: readonly PortCall[]): PortCall[][] {
  const steps: PortCall[][] = [];
  for (const call of path) {
    const lastStep = steps.at(-1);
    const overlaps = lastStep?.some(
      (other) => other.invocation === call.invocation && call.startedAt < other.endedAt,
    );
    if (lastStep !== undefined && overlaps === true) lastStep.push(call);
    else steps.push([call]);
  }
  return steps;
}
