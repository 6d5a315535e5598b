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

// The real engine over whatever store and queues are to be measured. The forge and the pods are its own: they answer at
// once, or as late as `latency` says.

/** One call of a port, by whom, from when to when. */
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

export type LabOptions = {
  readonly time: LabTime;
  readonly table: Table;
  readonly slots: number;
  /** Needs the table in memory. */
  readonly meter?: Meter;
  /** Milliseconds of a call, and of a message on its way. */
  readonly latency?: Partial<Record<PortName, number>> & { readonly transit?: number };
  /** What an attempt does between its start and its result. */
  readonly work?: (attempt: string) => Promise<void>;
  /** From the end of a bridge until its pod is gone. */
  readonly podEndMs?: number;
  readonly webhooks?: boolean;
  readonly onCall?: (call: PortCall) => void;
  /** Instead of queues in memory. */
  readonly openQueue?: (handle: (message: QueueMessage) => Promise<void>) => Queue;
};

export type Lab = {
  createDeps(actor: string): EngineDeps;
  submitPlan(plan: string, dag: Dag): Promise<void>;
  runResync(): Promise<void>;
  /** Plans that were seen complete. */
  readonly completePlans: ReadonlySet<string>;
  /** What a handler failed of: a figure of something that did not work would be no figure. */
  readonly failures: unknown[];
};

const UNAVAILABLE_MODEL: Llm = {
  complete: () => Promise.reject(new Error('a graph that is handed in asks no model')),
};
const WEBHOOK_DELAY_MS = 400;

export function createLab(options: LabOptions): Lab {
  const { time, latency = {} } = options;
  const complete = new Set<string>();
  const failures: unknown[] = [];
  const forge = new BenchForge(time.now);
  let invocations = 0;
  let ids = 0;
  const podStarted = (spec: PodSpec): void => {
    void runLabBridge(
      () => deps('attempt'),
      forge,
      spec.attemptId,
      async () => options.work?.(spec.attemptId),
    )
      .catch((error: unknown) => failures.push(error))
      .finally(() => time.runAfter(options.podEndMs ?? 0, () => pods.endPod(spec.name)));
  };
  const pods = createLabPods(time.now, podStarted, options.podEndMs !== undefined);
  const queue = options.openQueue?.(handle) ?? createLabQueues(time, latency.transit ?? 0, handle);

  function aroundOf(actor: string): InterceptCall {
    invocations += 1;
    const invocation = invocations;
    return async (port, what, about, act) => {
      const from = time.readTimestamp();
      const ms = latency[port] ?? 0;
      if (ms > 0) await waitInLabTime(time, ms);
      const answer = await act();
      options.onCall?.({
        actor,
        invocation,
        port,
        operation: what,
        subject: about,
        from,
        to: time.readTimestamp(),
        answer,
      });
      return answer;
    };
  }

  function deps(actor: string): EngineDeps {
    const { meter } = options;
    const around = aroundOf(actor);
    const table = meter === undefined ? options.table : meterTable(options.table, meter, actor);
    const sender = meter === undefined ? queue : meterQueue(queue, meter, actor);
    const port = createBenchForgePort(forge, (what, act) =>
      around('forge', what, '', async () => act()),
    );
    return {
      table: recordCompletePlans(interceptTableCalls(table, around), complete),
      queue: interceptQueueCalls(sender, around),
      launcher: interceptLauncherCalls(pods, around),
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
      await handleMessage(deps(nameActor(message)), message);
    } catch (error) {
      failures.push(error);
      // As its visibility would end.
      if (isAppError(error, 'transient')) await queue.send([{ message, delaySeconds: 30 }]);
    }
  }

  if (options.webhooks ?? true)
    forge.onChange = (branch, pull) =>
      time.runAfter(WEBHOOK_DELAY_MS, () => {
        ids += 1;
        void deliverWebhook(deps('webhook'), { branch, pull }, `d${ids}`);
      });
  return {
    createDeps: deps,
    completePlans: complete,
    failures,
    submitPlan: (plan, dag) => submitPlan(deps('submit'), plan, dag),
    runResync: () => resync(deps('reconcile')),
  };
}

export function waitInLabTime(time: LabTime, ms: number): Promise<void> {
  if (ms <= 0) return Promise.resolve();
  return new Promise((resolve) => time.runAfter(ms, resolve));
}

function nameActor({ type }: QueueMessage): string {
  return type;
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

/** Plans whose head says complete. */
function recordCompletePlans(table: Table, complete: Set<string>): Table {
  return {
    ...table,
    update: async (key, change, condition) => {
      const item = await table.update(key, change, condition);
      if (item !== undefined && key.sk === 'HEAD' && change.set?.status === 'complete')
        complete.add(key.pk.slice('PLAN#'.length));
      return item;
    },
  };
}

/** As the function that takes webhooks does. */
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
