import { isAppError } from '../../core/base/app-error.ts';
import { createPlanSchema } from '../../core/contract/plan.ts';
import type { QueueMessage } from '../../core/contract/queue-message.ts';
import { pushChangeToWatchers } from '../../core/engine/announce-changes.ts';
import { createPlan } from '../../core/engine/command/create-plan.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import { handleReconcileMessage } from '../../core/engine/handle-reconcile-message.ts';
import { runPlanning } from '../../core/engine/planning/run-planning.ts';
import { resync } from '../../core/engine/resync/resync.ts';
import { scheduleTasks } from '../../core/engine/schedule/schedule-tasks.ts';
import type { PodSpec } from '../../core/port/launcher.ts';
import type { Llm } from '../../core/port/llm.ts';
import type { Push } from '../../core/port/push.ts';
import type { Queue } from '../../core/port/queue.ts';
import type { Table } from '../../core/port/table.ts';
import { putNotice } from '../../core/store/notice-store.ts';
import { putRepository } from '../../core/store/repository-store.ts';
import { KEY } from '../../core/topology/table-keys.ts';
import { BENCH_REPO, BenchForge, createBenchForgePort } from './bench-forge.ts';
import type { Dag } from './dag.ts';
import type { InterceptCall, PortName } from './intercept-calls.ts';
import {
  interceptLauncherCalls,
  interceptQueueCalls,
  interceptTableCalls,
} from './intercept-calls.ts';
import type { LabPods } from './lab-pods.ts';
import { createLabPods } from './lab-pods.ts';
import { createLabQueues } from './lab-queues.ts';
import { createLabSettings } from './lab-settings.ts';
import type { LabTime } from './lab-time.ts';
import type { Meter } from './meter.ts';
import { meterQueue, meterTable } from './meter.ts';
import { runLabBridge } from './run-lab-bridge.ts';
import { storeGreenBaseCheck } from './verify-base.ts';

// Runs the real engine with a given table and given queues. The forge and the pods of the lab answer immediately or after a
// configured latency.

/** A call of a port. */
export type PortCall = {
  /** Handler or other part of the lab that made the call, such as `schedule`. */
  readonly actor: string;
  /** Number of the handler run that made the call, counted from 1 over all handlers. */
  readonly invocation: number;
  readonly port: PortName;
  readonly operation: string;
  /** Item, message or pod of the call. */
  readonly subject: string;
  /** Start of the call, as read by `LabTime.readTimestamp`. */
  readonly startedAt: number;
  /** End of the call, as read by `LabTime.readTimestamp`. */
  readonly endedAt: number;
  readonly answer: unknown;
};

/** Backends and behaviour of a lab. */
export type LabOptions = {
  readonly time: LabTime;
  readonly table: Table;
  /** Maximum number of parallel attempts. */
  readonly slots: number;
  /** Counts the usage of table and queues; requires the table in memory. */
  readonly meter?: Meter;
  /** Milliseconds that each call of a port takes; `transit`: milliseconds from the send of a message to its handler. */
  readonly latency?: Partial<Record<PortName, number>> & { readonly transit?: number };
  /** Simulates the work of an attempt, between the start and the result of the attempt. */
  readonly work?: (attemptId: string) => Promise<void>;
  /** Milliseconds from the end of a bridge to the end of its pod; absent: a pod also ends when the engine removes the pod. */
  readonly podEndMs?: number;
  /** Whether the forge sends webhooks; default: true. */
  readonly webhooks?: boolean;
  readonly onCall?: (call: PortCall) => void;
  /** Opens the queues; default: queues in memory. */
  readonly openQueue?: (handle: (message: QueueMessage) => Promise<void>) => Queue;
};

/** A running engine with its table, queues, forge and pods. */
export type Lab = {
  /** Creates engine dependencies whose calls are attributed to `actor`. */
  createDeps(actor: string): EngineDeps;
  /** Submits a graph as the plan with the id `plan`; the plan needs no approval, and its base commit is verified already. */
  submitPlan(plan: string, dag: Dag): Promise<void>;
  runResync(): Promise<void>;
  /** Ids of complete plans. */
  readonly completePlans: ReadonlySet<string>;
  /** Errors of handlers; any error makes a measurement invalid. */
  readonly failures: unknown[];
};

const UNAVAILABLE_MODEL: Llm = {
  complete: () => Promise.reject(new Error('the lab has no model; submit a plan with a graph')),
};
const WEBHOOK_DELAY_MS = 400;
/** Name of the resync as an actor. */
export const RESYNC_ACTOR = 'resync';

/** The parts of a lab that all its handlers share. */
type LabParts = {
  readonly options: LabOptions;
  readonly forge: BenchForge;
  readonly pods: LabPods;
  readonly queue: Queue;
  readonly completePlans: Set<string>;
  readonly failures: unknown[];
  readonly nextInvocation: () => number;
  readonly nextId: () => number;
};

/** Creates a lab. */
export function createLab(options: LabOptions): Lab {
  const { time, latency = {} } = options;
  const completePlans = new Set<string>();
  const failures: unknown[] = [];
  const forge = new BenchForge(time.now);
  const startBridge = (spec: PodSpec): void => {
    void runLabBridge(
      () => createDeps('attempt'),
      forge,
      spec.attemptId,
      async () => options.work?.(spec.attemptId),
    )
      .catch((error: unknown) => failures.push(error))
      .finally(() => time.runAfter(options.podEndMs ?? 0, () => pods.endPod(spec.name)));
  };
  const pods = createLabPods(time.now, startBridge, options.podEndMs !== undefined);
  const queue = options.openQueue?.(handle) ?? createLabQueues(time, latency.transit ?? 0, handle);
  const counters = { nextInvocation: createCounter(), nextId: createCounter() };
  const parts: LabParts = { options, forge, pods, queue, completePlans, failures, ...counters };

  function createDeps(actor: string): EngineDeps {
    return createLabDeps(parts, actor);
  }

  async function handle(message: QueueMessage): Promise<void> {
    try {
      await handleMessage(createDeps(message.type), message);
    } catch (error) {
      failures.push(error);
      // A real queue would deliver the message again after the visibility timeout.
      if (isAppError(error, 'transient')) await queue.send([{ message, delaySeconds: 30 }]);
    }
  }

  if (options.webhooks ?? true)
    forge.onChange = (branch, pull) =>
      time.runAfter(WEBHOOK_DELAY_MS, () => {
        void deliverWebhook(createDeps('webhook'), { branch, pull }, `d${parts.nextId()}`);
      });
  return {
    createDeps,
    completePlans,
    failures,
    submitPlan: async (plan, dag) => {
      await storeGreenBaseCheck(options.table, forge.findHead('main') ?? '');
      await submitPlan(createDeps('submit'), plan, dag);
    },
    runResync: () => resync(createDeps(RESYNC_ACTOR)),
  };
}

/** Creates a function that returns 1, 2, 3 and so on. */
function createCounter(): () => number {
  let count = 0;
  return () => {
    count += 1;
    return count;
  };
}

/** Creates the dependencies of one invocation, whose calls are metered, delayed and reported. */
function createLabDeps(parts: LabParts, actor: string): EngineDeps {
  const { options, forge, pods, queue, failures } = parts;
  const { meter, time } = options;
  const intercept = createInterceptor(options, actor, parts.nextInvocation());
  const table = meter === undefined ? options.table : meterTable(options.table, meter, actor);
  const sender = meter === undefined ? queue : meterQueue(queue, meter, actor);
  const forgePort = createBenchForgePort(forge, (operation, call) =>
    intercept('forge', operation, '', async () => call()),
  );
  return {
    table: recordCompletePlans(interceptTableCalls(table, intercept), parts.completePlans),
    queue: interceptQueueCalls(sender, intercept),
    launcher: interceptLauncherCalls(pods, intercept),
    forges: { github: forgePort, local: forgePort },
    clock: { now: time.now },
    log: { info() {}, warn() {}, error: (message, fields) => failures.push({ message, fields }) },
    settings: createLabSettings(options.slots),
    signAttemptToken: async () => 'token',
    newId: () => `n${parts.nextId()}`,
  };
}

/** Creates the interceptor of an invocation, which delays each call by the latency of its port and reports the call. */
function createInterceptor(
  { time, latency = {}, onCall }: LabOptions,
  actor: string,
  invocation: number,
): InterceptCall {
  return async (port, operation, subject, call) => {
    const startedAt = time.readTimestamp();
    const latencyMs = latency[port] ?? 0;
    if (latencyMs > 0) await waitInLabTime(time, latencyMs);
    const answer = await call();
    const endedAt = time.readTimestamp();
    onCall?.({ actor, invocation, port, operation, subject, startedAt, endedAt, answer });
    return answer;
  };
}

/** Waits until `ms` milliseconds of lab time have passed. */
export function waitInLabTime(time: LabTime, ms: number): Promise<void> {
  if (ms <= 0) return Promise.resolve();
  return new Promise((resolve) => time.runAfter(ms, resolve));
}

const ABSENT_CLIENTS: Push = { send: async () => 'sent', close: async () => undefined };

function handleMessage(deps: EngineDeps, message: QueueMessage): Promise<void> {
  switch (message.type) {
    case 'plan':
      return runPlanning({ ...deps, llm: UNAVAILABLE_MODEL }, message.plan);
    case 'schedule':
      return scheduleTasks(deps, message.tasks);
    case 'notify':
      return putNotice(deps.table, message.notice);
    case 'push':
      return pushChangeToWatchers({ ...deps, push: ABSENT_CLIENTS }, message.plan);
    default:
      return handleReconcileMessage(deps, message);
  }
}

/** Returns a table that adds the id of each plan to `completePlans` when the status of the plan becomes complete. */
function recordCompletePlans(table: Table, completePlans: Set<string>): Table {
  return {
    ...table,
    update: async (key, change, condition) => {
      const item = await table.update(key, change, condition);
      if (item !== undefined && key.sk === 'HEAD' && change.set?.status === 'complete')
        completePlans.add(key.pk.slice('PLAN#'.length));
      return item;
    },
  };
}

/** Handles a webhook like the webhook function in functions/hook. */
async function deliverWebhook(
  deps: EngineDeps,
  subject: { readonly branch: string; readonly pull?: number },
  delivery: string,
): Promise<void> {
  if ((await deps.table.get(KEY.delivery(delivery))) !== undefined) return;
  const message = { type: 'forge_changed' as const, v: 1 as const, delivery, repo: BENCH_REPO };
  await deps.queue.send([{ message: { ...message, ...subject } }]);
  const expiresAt = Math.floor(deps.clock.now() / 1_000) + 3 * 86_400;
  await deps.table.put({ ...KEY.delivery(delivery), expiresAt });
}

async function submitPlan(deps: EngineDeps, plan: string, dag: Dag): Promise<void> {
  await putRepository(deps.table, {
    id: 'r0123456789',
    name: BENCH_REPO,
    forge: 'github',
    url: `https://forge.test/${BENCH_REPO}`,
    defaultBranch: 'main',
    createdAt: deps.clock.now(),
    createdBy: 'ada@example.com',
  });
  const body = createPlanSchema.parse({
    title: dag.name,
    repositories: [{ name: BENCH_REPO }],
    policy: 'auto',
    autoApprove: true,
    graph: dag.nodes.map(({ id, dependsOn }) => ({
      id,
      title: `Teach the parser of ${id} comments`,
      description: `Teach the parser of src/${id}.ts to accept comments. Each comment stays with the token that follows, so that a printed tree equals its source. Nested comments are an error that names the line.`,
      criteria: ['Comments are preserved', 'Tests cover nested and unfinished comments'],
      dependsOn,
      scope: [`src/${id}.ts`],
      estimate: 10,
    })),
  });
  await createPlan(deps, body, 'ada@example.com', plan);
}
