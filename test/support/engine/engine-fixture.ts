import type { TaskKey } from '../../../core/contract/id.ts';
import type { QueueMessage } from '../../../core/contract/queue-message.ts';
import type { EngineDeps, EngineSettings } from '../../../core/engine/engine-deps.ts';
import type { PlanState } from '../../../core/plan-state/plan-state.ts';
import type { Forge, PullRequest } from '../../../core/port/forge.ts';
import type { PodLauncher } from '../../../core/port/launcher.ts';
import { putNewPlan } from '../../../core/store/plan-store.ts';
import type { StoredTask } from '../../../core/store/task-store.ts';
import { loadTask, putNewTask } from '../../../core/store/task-store.ts';
import type { TaskState } from '../../../core/task-state/task-state.ts';
import { NO_USAGE } from '../../../core/task-state/task-state.ts';
import { createSilentLog } from '../silent-log.ts';
import type { MemoryTable, MemoryTableOptions } from '../store/memory-table.ts';
import { createMemoryTable } from '../store/memory-table.ts';

// The engine with a table in memory and a clock that the test advances, for tests of single steps.

export const FIXTURE_PLAN = 'p0123456789';
export const FIXTURE_REPO = 'acme/shop';
export const SHA = 'a'.repeat(40);

const SETTINGS: EngineSettings = {
  prefix: 'smol-gang',
  apiUrl: 'http://127.0.0.1:1',
  limits: { maxMinutes: 90, idleMinutes: 10, maxTokens: 1e9, maxUsd: 1e3, maxTurns: 500 },
  bounds: { maxRetries: 2, maxLostAttempts: 5, maxRepairs: 3, maxEngineFailures: 5 },
  caps: { system: 10, repository: 10, plan: 10 },
  leaseMs: 60_000,
  heartbeatMs: 10_000,
  launchTimeoutMs: 120_000,
  keepDays: 7,
  agent: 'small',
  models: { heavy: 'heavy', light: 'light' },
  prices: {},
  author: { name: 'Gang', email: 'gang@example.com' },
};

/** Engine under test. `sent`: messages that the engine has sent to the queue. */
export type EngineFixture = {
  readonly deps: EngineDeps;
  readonly table: MemoryTable;
  readonly sent: QueueMessage[];
  /** Advances the clock by `ms` milliseconds. */
  advance(ms: number): void;
  /** Stores an active plan with the given changes. */
  putPlan(change?: Partial<PlanState>): Promise<PlanState>;
  /** Stores a ready task with the given changes. */
  putTask(change?: Partial<TaskState>): Promise<TaskState>;
  /** Loads a task of FIXTURE_PLAN. Default: `one`, the task that `putTask` stores. */
  task(id?: string): Promise<StoredTask>;
};

/** Launcher whose pods start at once. */
export const STARTING_LAUNCHER: Partial<PodLauncher> = {
  ensure: async ({ name, attemptId }) => ({
    name,
    attemptId,
    state: 'starting',
    startedAt: 1,
    uid: '1',
  }),
};

export function createEngineFixture(
  parts: {
    readonly forge?: Partial<Forge>;
    readonly launcher?: Partial<PodLauncher>;
    readonly table?: MemoryTableOptions;
    readonly settings?: Partial<EngineSettings>;
  } = {},
): EngineFixture {
  const table = createMemoryTable(parts.table);
  const sent: QueueMessage[] = [];
  let now = 1_000_000_000;
  let idCount = 0;
  const forge = createPartialPort<Forge>('forge', parts.forge ?? {});
  const deps: EngineDeps = {
    table,
    queue: {
      send: async (messages) => {
        sent.push(...messages.map(({ message }) => message));
      },
    },
    launcher: createPartialPort<PodLauncher>('launcher', parts.launcher ?? {}),
    forges: { local: forge, github: forge },
    clock: { now: () => now },
    log: createSilentLog(),
    settings: { ...SETTINGS, ...parts.settings },
    signAttemptToken: async (id) => `token of ${id}`,
    newId: () => {
      idCount += 1;
      return `n${idCount}`;
    },
  };
  return {
    deps,
    table,
    sent,
    advance: (ms) => {
      now += ms;
    },
    putPlan: async (change) => {
      const state = { ...createPlanStateFixture(), ...change };
      await putNewPlan(table, state, now);
      return state;
    },
    putTask: async (change) => {
      const state = { ...createTaskStateFixture(), ...change };
      await putNewTask(table, state, []);
      return state;
    },
    task: async (id = 'one') => {
      const key: TaskKey = { plan: FIXTURE_PLAN, run: 1, task: id };
      const task = await loadTask(table, key);
      if (task === undefined) throw new Error(`the store has no task ${id}`);
      return task;
    },
  };
}

/** Creates a port with some of its methods; a call of any other method throws. */
function createPartialPort<T extends object>(name: string, members: Partial<T>): T {
  return new Proxy(members, {
    get: (target, member) => {
      const value: unknown = Reflect.get(target, member);
      if (value !== undefined) return value;
      return () => {
        throw new Error(
          `the engine called ${name}.${String(member)}; pass an implementation of this method to createEngineFixture`,
        );
      };
    },
  }) as T;
}

export function createPlanStateFixture(): PlanState {
  return {
    id: FIXTURE_PLAN,
    title: 'Logins',
    prompt: 'Add logins.',
    status: 'active',
    options: {
      complexity: 'auto',
      autoApprove: false,
      allowRedBase: false,
      limits: {},
      budget: {},
      interactive: false,
    },
    policy: 'auto',
    repositories: [
      {
        name: FIXTURE_REPO,
        forge: 'local',
        cloneUrl: 'http://127.0.0.1:1/acme/shop.git',
        base: 'main',
        baseSha: SHA,
        setup: [],
        verify: [],
        shared: [],
        env: {},
        strictMerge: false,
        agentInstructions: '',
        signOff: false,
        commandsDescription: '',
      },
    ],
    hasSubmittedGraph: true,
    run: 1,
    revision: 1,
    revisionTags: ['x'],
    approvedRevision: 1,
    conditions: [],
    planning: { stage: 'done', consecutiveFailures: 0 },
    activation: { stored: 1, released: 1, total: 1, hasRootBranches: true },
    finalTasks: [],
    pulls: [],
    stoppingRuns: [],
    pendingCleanups: [],
    usage: NO_USAGE,
    consecutiveEngineFailures: 0,
    createdBy: 'ada@example.com',
    createdAt: 1,
    last: { version: 1, at: 1, from: 'none', to: 'planning', event: 'created', actor: 'ada' },
  };
}

export function createTaskStateFixture(): TaskState {
  return {
    plan: FIXTURE_PLAN,
    run: 1,
    task: 'one',
    ordinal: 0,
    kind: 'work',
    repo: FIXTURE_REPO,
    title: 'One',
    wave: 0,
    rank: 10,
    estimateMinutes: 10,
    simple: false,
    policy: 'auto',
    status: 'ready',
    nextAttemptKind: 'work',
    attempt: 0,
    attemptsAwaitingPodRemoval: [],
    retryCounts: { agent: 0, infra: 0, repair: 0 },
    consecutiveEngineFailures: 0,
    usage: NO_USAGE,
    last: { version: 1, at: 1, from: 'none', to: 'pending', event: 'created', actor: 'engine' },
  };
}

/** Creates an open pull request of the task that `createTaskStateFixture` creates. */
export function createPullFixture(change: Partial<PullRequest> = {}): PullRequest {
  return {
    number: 7,
    nodeId: 'PR_7',
    url: 'https://forge.test/pull/7',
    title: 'One',
    body: '',
    state: 'open',
    draft: false,
    head: 'smol-gang/p0123456789-r1/t/one',
    headSha: 'c'.repeat(40),
    base: 'smol-gang/p0123456789-r1/root',
    isMergeable: true,
    labels: [],
    updatedAt: 1,
    author: 'gang',
    ...change,
  };
}

/** Creates the fields by which a task with the working attempt `n` differs from `createTaskStateFixture`. */
export function createWorkingTask(n: number): Partial<TaskState> {
  return {
    status: 'working',
    attempt: n,
    liveAttempt: {
      attemptNumber: n,
      kind: 'work',
      from: 'ready',
      phase: 'working',
      claimedAt: 1_000_000_000,
      leaseUntil: 1_000_060_000,
    },
  };
}
