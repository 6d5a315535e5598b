import { createPlanSchema } from '../../core/contract/plan.ts';
import type { QueueMessage } from '../../core/contract/queue.ts';
import { createPlan } from '../../core/engine/command/plan.ts';
import type { EngineDeps } from '../../core/engine/deps.ts';
import { drive } from '../../core/engine/drive.ts';
import { planStep } from '../../core/engine/plan/planning.ts';
import { reconcile } from '../../core/engine/recovery/reconcile.ts';
import { schedule } from '../../core/engine/schedule/schedule.ts';
import { isAppError } from '../../core/error.ts';
import { tellWatchers } from '../../core/live/watch.ts';
import type { PodSpec } from '../../core/port/launcher.ts';
import type { Llm } from '../../core/port/llm.ts';
import type { Queue } from '../../core/port/queue.ts';
import type { Table } from '../../core/port/table.ts';
import { KEY } from '../../core/store/key.ts';
import { putRepository } from '../../core/store/repository-store.ts';
import { type Around, launcherAround, type PortName, queueAround, tableAround } from './around.ts';
import { BENCH_REPO, BenchForge, benchForgePort } from './bench-forge.ts';
import type { Dag } from './dag.ts';
import { runLabBridge } from './lab-bridge.ts';
import { createLabPods } from './lab-pods.ts';
import { createLabQueues } from './lab-queues.ts';
import { labSettings } from './lab-settings.ts';
import type { LabTime } from './lab-time.ts';
import { type Meter, meteredQueue, meteredTable } from './meter.ts';

// The real engine over whatever store and queues are to be measured. The forge and the pods are its own: they answer at
// once, or as late as `latency` says.

/** One call of a port, by whom, from when to when. */
export type Call = {
  actor: string;
  invocation: number;
  port: PortName;
  what: string;
  about: string;
  from: number;
  to: number;
  answer: unknown;
};

export type LabOptions = {
  time: LabTime;
  table: Table;
  slots: number;
  /** Needs the table in memory. */
  meter?: Meter;
  /** Milliseconds of a call, and of a message on its way. */
  latency?: Partial<Record<PortName, number>> & { transit?: number };
  /** What an attempt does between its start and its result. */
  work?: (attempt: string) => Promise<void>;
  /** From the end of a bridge until its pod is gone. */
  podEndMs?: number;
  webhooks?: boolean;
  onCall?: (call: Call) => void;
  /** Instead of queues in memory. */
  openQueue?: (handle: (message: QueueMessage) => Promise<void>) => Queue;
};

export type Lab = {
  deps(actor: string): EngineDeps;
  submit(plan: string, dag: Dag): Promise<void>;
  reconcile(): Promise<void>;
  /** Plans that were seen complete. */
  complete: ReadonlySet<string>;
  /** What a handler failed of: a figure of something that did not work would be no figure. */
  failures: unknown[];
};

const NO_MODEL: Llm = {
  complete: () => Promise.reject(new Error('a graph that is handed in asks no model')),
};
const WEBHOOK_MS = 400;

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
      .finally(() => time.after(options.podEndMs ?? 0, () => pods.end(spec.name)));
  };
  const pods = createLabPods(time.now, podStarted, options.podEndMs !== undefined);
  const queue = options.openQueue?.(handle) ?? createLabQueues(time, latency.transit ?? 0, handle);

  function aroundOf(actor: string): Around {
    invocations += 1;
    const invocation = invocations;
    return async (port, what, about, act) => {
      const from = time.stamp();
      const ms = latency[port] ?? 0;
      if (ms > 0) await pause(time, ms);
      const answer = await act();
      options.onCall?.({ actor, invocation, port, what, about, from, to: time.stamp(), answer });
      return answer;
    };
  }

  function deps(actor: string): EngineDeps {
    const { meter } = options;
    const around = aroundOf(actor);
    const table = meter === undefined ? options.table : meteredTable(options.table, meter, actor);
    const sender = meter === undefined ? queue : meteredQueue(queue, meter, actor);
    const port = benchForgePort(forge, (what, act) => around('forge', what, '', async () => act()));
    return {
      table: watched(tableAround(table, around), complete),
      queue: queueAround(sender, around),
      launcher: launcherAround(pods, around),
      forges: { github: port, local: port },
      clock: { now: time.now },
      log: { info() {}, warn() {}, error: (message, fields) => failures.push({ message, fields }) },
      settings: labSettings(options.slots),
      attemptToken: async () => 'token',
      newId: () => {
        ids += 1;
        return `n${ids}`;
      },
    };
  }

  async function handle(message: QueueMessage): Promise<void> {
    try {
      await handleMessage(deps(actorOf(message)), message);
    } catch (error) {
      failures.push(error);
      // As its visibility would end.
      if (isAppError(error, 'transient')) await queue.send([{ message, delaySeconds: 30 }]);
    }
  }

  if (options.webhooks ?? true)
    forge.onChange = (branch, pull) =>
      time.after(WEBHOOK_MS, () => {
        ids += 1;
        void webhook(deps('webhook'), { branch, pull }, `d${ids}`);
      });
  return {
    deps,
    complete,
    failures,
    submit: (plan, dag) => submit(deps('submit'), plan, dag),
    reconcile: () => reconcile(deps('reconcile')),
  };
}

export function pause(time: LabTime, ms: number): Promise<void> {
  if (ms <= 0) return Promise.resolve();
  return new Promise((resolve) => time.after(ms, resolve));
}

function actorOf({ type }: QueueMessage): string {
  return type;
}

function handleMessage(deps: EngineDeps, message: QueueMessage): Promise<void> {
  switch (message.type) {
    case 'plan':
      return planStep({ ...deps, llm: NO_MODEL }, message.plan);
    case 'schedule':
      return schedule(deps, message.tasks);
    case 'push':
      return tellWatchers({ ...deps, push: { send: async () => 'sent' } }, message.plan);
    default:
      return drive(deps, message);
  }
}

/** Plans whose head says complete. */
function watched(table: Table, complete: Set<string>): Table {
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
async function webhook(
  deps: EngineDeps,
  subject: { branch: string; pull?: number },
  delivery: string,
): Promise<void> {
  if ((await deps.table.get(KEY.delivery(delivery))) !== undefined) return;
  const message = { type: 'forge_changed' as const, v: 1 as const, delivery, repo: BENCH_REPO };
  await deps.queue.send([{ message: { ...message, ...subject } }]);
  const expiresAt = Math.floor(deps.clock.now() / 1_000) + 3 * 86_400;
  await deps.table.put({ ...KEY.delivery(delivery), expiresAt });
}

async function submit(deps: EngineDeps, plan: string, dag: Dag): Promise<void> {
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
