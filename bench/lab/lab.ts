import { isAppError } from '../../core/base/app-error.ts';
import { createPlanSchema } from '../../core/contract/plan.ts';
import type { QueueMessage } from '../../core/contract/queue.ts';
import { notifyWatchers } from '../../core/engine/announce/plan-watchers.ts';
import { createPlan } from '../../core/engine/command/create-plan.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import { handleReconcileMessage } from '../../core/engine/handle-reconcile-message.ts';
import { runPlanning } from '../../core/engine/planning/run-planning.ts';
import { resync } from '../../core/engine/resync/resync.ts';
import { scheduleTasks } from '../../core/engine/schedule/schedule-tasks.ts';
import type { PodSpec } from '../../core/port/launcher.ts';
import type { Llm } from '../../core/port/llm.ts';
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
import { createLabPods } from './lab-pods.ts';
import { createLabQueues } from './lab-queues.ts';
import { createLabSettings } from './lab-settings.ts';
import type { LabTime } from './lab-time.ts';
import type { Meter } from './meter.ts';
import { meterQueue, meterTable } from './meter.ts';
import { runLabBridge } from './run-lab-bridge.ts';

// Runs the real engine with a given table and given queues. The lab provides the forge and the pods, which answer at once or
// after the configured latency.

/** A call of a port, with its caller and its start and end in lab time. */
export type PortCall = {
  readonly actor: string;
  readonly invocation: number;
  readonly port: PortName;
  readonly operation: string;
  readonly subject: string;
  readonly from: number;
  readonly to: number;
  readonly answer: unknown;
};

/** Backends and behaviour of a lab. */
export type LabOptions = {
  readonly time: LabTime;
  readonly table: Table;
  readonly slots: number;
  /** Counts table and queue usage; works only with the table in memory. */
  readonly meter?: Meter;
  /** Milliseconds per call of a port, and per message in transit. */
  readonly latency?: Partial<Record<PortName, number>> & { readonly transit?: number };
  /** Work of an attempt between its start and its result. */
  readonly work?: (attempt: string) => Promise<void>;
  /** Milliseconds from the end of a bridge to the end of its pod. */
  readonly podEndMs?: number;
  /** Default: true. */
  readonly webhooks?: boolean;
  readonly onCall?: (call: PortCall) => void;
  /** Opens the queues; default: queues in memory. */
  readonly openQueue?: (handle: (message: QueueMessage) => Promise<void>) => Queue;
};

/** A running lab. */
export type Lab = {
  /** Creates engine dependencies whose calls are attributed to `actor`. */
  createDeps(actor: string): EngineDeps;
  submitPlan(plan: string, dag: Dag): Promise<void>;
  runResync(): Promise<void>;
  /** Ids of complete plans. */
  readonly completePlans: ReadonlySet<string>;
  /** Errors of handlers. A measurement with errors is invalid. */
  readonly failures: unknown[];
};

const UNAVAILABLE_MODEL: Llm = {
  complete: () => Promise.reject(new Error('a plan with a given graph must not call a model')),
};
const WEBHOOK_DELAY_MS = 400;

/** Creates a lab. */
export function createLab(options: LabOptions): Lab {
  const { time, latency = {} } = options;
  const completePlans = new Set<string>();
  const failures: unknown[] = [];
  const forge = new BenchForge(time.now);
  let invocations = 0;
  let ids = 0;
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

  function createIntercept(actor: string): InterceptCall {
    invocations += 1;
    const invocation = invocations;
    return async (port, operation, subject, call) => {
      const from = time.readTimestamp();
      const ms = latency[port] ?? 0;
      if (ms > 0) await waitInLabTime(time, ms);
      const answer = await call();
      options.onCall?.({
        actor,
        invocation,
        port,
        operation,
        subject,
        from,
        to: time.readTimestamp(),
        answer,
      });
      return answer;
    };
  }

  function createDeps(actor: string): EngineDeps {
    const { meter } = options;
    const intercept = createIntercept(actor);
    const table = meter === undefined ? options.table : meterTable(options.table, meter, actor);
    const sender = meter === undefined ? queue : meterQueue(queue, meter, actor);
    const port = createBenchForgePort(forge, (operation, call) =>
      intercept('forge', operation, '', async () => call()),
    );
    return {
      table: recordCompletePlans(interceptTableCalls(table, intercept), completePlans),
      queue: interceptQueueCalls(sender, intercept),
      launcher: interceptLauncherCalls(pods, intercept),
      forges: { github: port, local: port },
      clock: { now: time.now },
      log: { info() {}, warn() {}, error: (message, fields) => failures.push({ message, fields }) },
      settings: createLabSettings(options.slots),
      attemptToken: async () => 'token',
      newId: () => {
        ids += 1;
        return `n${ids}`;
      },
    };
  }

  async function handle(message: QueueMessage): Promise<void> {
    try {
      await handleMessage(createDeps(message.type), message);
    } catch (error) {
      failures.push(error);
      // Redelivers the message like a queue after the visibility timeout.
      if (isAppError(error, 'transient')) await queue.send([{ message, delaySeconds: 30 }]);
    }
  }

  if (options.webhooks ?? true)
    forge.onChange = (branch, pull) =>
      time.runAfter(WEBHOOK_DELAY_MS, () => {
        ids += 1;
        void deliverWebhook(createDeps('webhook'), { branch, pull }, `d${ids}`);
      });
  return {
    createDeps,
    completePlans,
    failures,
    submitPlan: (plan, dag) => submitPlan(createDeps('submit'), plan, dag),
    runResync: () => resync(createDeps('reconcile')),
  };
}

/** Waits in the time of a lab. */
export function waitInLabTime(time: LabTime, ms: number): Promise<void> {
  if (ms <= 0) return Promise.resolve();
  return new Promise((resolve) => time.runAfter(ms, resolve));
}

function handleMessage(deps: EngineDeps, message: QueueMessage): Promise<void> {
  switch (message.type) {
    case 'plan':
      return runPlanning({ ...deps, llm: UNAVAILABLE_MODEL }, message.plan);
    case 'schedule':
      return scheduleTasks(deps, message.tasks);
    case 'notify':
      return putNotice(deps.table, message.notice);
    case 'push':
      return notifyWatchers({ ...deps, push: { send: async () => 'sent' } }, message.plan);
    default:
      return handleReconcileMessage(deps, message);
  }
}

/** Records the id of each plan whose head item becomes complete. */
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

/** Handles a webhook like functions/hook. */
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
      description: `Teach the parser of src/${id}.ts to accept comments. They are kept with the token that follows, so that printing a tree gives the same text back. Nested comments are an error that names its line.`,
      criteria: ['Comments are kept', 'Tests cover nested and unfinished comments'],
      dependsOn,
      scope: [`src/${id}.ts`],
      estimate: 10,
    })),
  });
  await createPlan(deps, body, 'ada@example.com', plan);
}
