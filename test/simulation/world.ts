import type { EngineDeps, EngineSettings } from '../../core/engine/engine-deps.ts';
import type { MemoryTable } from '../support/store/memory-table.ts';
import { createMemoryTable } from '../support/store/memory-table.ts';
import type { Coverage } from './coverage/coverage.ts';
import type { FaultKind, Faults } from './faults.ts';
import { createFaults } from './faults.ts';
import { SimForge } from './forge/sim-forge.ts';
import type { Invocation } from './invocation.ts';
import { createInvocation } from './invocation.ts';
import type { Judge } from './judge/judge.ts';
import { SimPods } from './pods.ts';
import { createForgePort } from './port/forge-port.ts';
import { createLauncherPort } from './port/launcher-port.ts';
import { createQueuePort, SimQueues } from './port/queue-port.ts';
import { createTablePort } from './port/table-port.ts';
import { renderRepositoryConfig } from './scenario.ts';
import { EventLoop } from './time/event-loop.ts';
import type { Random } from './time/random.ts';
import { createRandom } from './time/random.ts';

// The world of a seed: the platform under test, the simulated systems around it, and the judge.

/** Virtual time at which every seed starts, in epoch milliseconds. */
export const SEED_START_MS = Date.UTC(2026, 4, 12, 8, 0, 0);

/** Maximum milliseconds by which an index may lag behind its table; shorter than the period that clients of the changes read again. */
const INDEX_LAG_MS = 60_000;
const WRITE_OPERATIONS = new Set(['put', 'update', 'delete']);

/** Change to the engine's ports or to the calls of bridges, for a whole seed and in addition to its faults. */
export type Interference = {
  readonly name: string;
  /** Faults that occur in every seed, and more often than usual, so that the changed behaviour matters. */
  readonly emphasis?: readonly FaultKind[];
  readonly changeDeps?: (deps: EngineDeps, world: World) => EngineDeps;
  /** Replaces the attempt id in the calls of a bridge. */
  readonly rewriteAttemptId?: (attemptId: string, world: World) => string;
};

/** World of a seed: the parts of the platform, the simulated systems, the judge and the virtual time. */
export class World {
  readonly seed: number;
  readonly random: Random;
  readonly loop = new EventLoop(SEED_START_MS);
  readonly faults: Faults;
  readonly table: MemoryTable;
  readonly queues: SimQueues;
  readonly forge: SimForge;
  readonly pods: SimPods;
  readonly settings: EngineSettings;
  readonly judge: Judge;
  readonly coverage: Coverage;
  readonly interference: Interference | undefined;
  /** Lines of the history; undefined if no history is recorded. */
  readonly history: string[] | undefined;
  readonly runningInvocations = new Set<Invocation>();
  /** Called when the index read that is under way omits recent writes. */
  onLateIndexRead: () => void = () => {};
  /** Epoch milliseconds until which the platform is down. */
  downUntil = 0;
  /** End of the forge's last rate limit in epoch milliseconds. */
  forgePausedUntil = 0;
  /** Epoch milliseconds of each write to the table. */
  readonly #writeTimes: number[] = [];
  readonly #baseRandom: Random;
  /** Probability that the verification of a base commit fails. */
  readonly #redBaseRate: number;
  #invocationCount = 0;
  #idCount = 0;

  constructor(
    seed: number,
    settings: EngineSettings,
    parts: {
      readonly judge: Judge;
      readonly coverage: Coverage;
      readonly interference?: Interference;
      readonly keepHistory: boolean;
    },
  ) {
    this.settings = settings;
    this.seed = seed;
    this.random = createRandom(seed);
    this.faults = createFaults(seed, createRandom(seed + 1_000_003), parts.interference?.emphasis);
    this.#baseRandom = createRandom(seed + 2_000_003);
    this.#redBaseRate = this.#baseRandom.chance(0.3) ? 0.6 : 0;
    this.judge = parts.judge;
    this.coverage = parts.coverage;
    this.interference = parts.interference;
    this.history = parts.keepHistory ? [] : undefined;
    this.table = createMemoryTable({
      indexLag: () => this.#drawOmittedWriteCount(),
      afterEffect: (operation) => {
        if (WRITE_OPERATIONS.has(operation)) this.#writeTimes.push(this.loop.now);
      },
    });
    this.queues = new SimQueues(this);
    this.pods = new SimPods(this);
    this.forge = new SimForge(
      () => this.loop.now,
      this.random,
      parts.judge.createForgeWitness(this),
      {
        drawHeadLagMs: () =>
          this.faults.drawFault('forge_head_stale') ? this.random.between(500, 20_000) : 0,
        drawMergeabilityDelayMs: () =>
          this.faults.drawFault('forge_mergeability_late') ? this.random.between(500, 20_000) : 0,
        drawCheckResult: () => ({
          afterMs: this.random.between(1_000, 90_000),
          flaky: this.faults.drawFault('check_flaky'),
        }),
        drawRule: () =>
          this.faults.drawFault('forge_rule_refuses')
            ? 'a rule of the simulated repository refuses the change'
            : undefined,
      },
    );
  }

  /** Draws how many of the latest writes an index read omits. */
  #drawOmittedWriteCount(): number {
    if (!this.faults.drawFault('stale_index_read')) return 0;
    this.onLateIndexRead();
    const since = this.loop.now - INDEX_LAG_MS;
    const lastOldWrite = this.#writeTimes.findLastIndex((at) => at < since);
    const recentCount = this.#writeTimes.length - 1 - lastOldWrite;
    return Math.min(recentCount, this.random.between(1, 40));
  }

  /** Draws whether the verification of a base commit fails now. */
  drawRedBase(): boolean {
    return this.#baseRandom.chance(this.#redBaseRate);
  }

  /** Draws whether a person permits tasks of a new plan to start on a red base. */
  drawRedBasePermission(): boolean {
    return this.#baseRandom.chance(0.1);
  }

  /** Draws the decision of a person about a red base. */
  drawBaseDecision(): 'continue' | 'verify_again' | 'restart' {
    return this.#baseRandom.pick([
      'continue',
      'continue',
      'verify_again',
      'verify_again',
      'restart',
    ]);
  }

  /** Adds a line with the virtual time to the history. */
  recordHistory(line: string): void {
    if (this.history === undefined) return;
    const seconds = (this.loop.now - SEED_START_MS) / 1_000;
    const clock = `${String(Math.floor(seconds / 60)).padStart(4)}:${(seconds % 60).toFixed(3).padStart(6, '0')}`;
    this.history.push(`${clock}  ${line}`);
  }

  #openInvocation(handlerName: string): Invocation {
    this.#invocationCount += 1;
    const invocation = createInvocation(this.#invocationCount, handlerName);
    this.runningInvocations.add(invocation);
    return invocation;
  }

  /** Starts a handler; exactly one of the callbacks is called when the handler ends. */
  startInvocation<T>(
    handlerName: string,
    handle: (deps: EngineDeps) => Promise<T>,
    callbacks: {
      readonly onDone: (value: T) => void;
      readonly onError: (error: unknown) => void;
      readonly onCrash: () => void;
    },
  ): Invocation {
    const invocation = this.#openInvocation(handlerName);
    const closeBefore = (callback: () => void) => () => {
      this.runningInvocations.delete(invocation);
      callback();
    };
    invocation.onCrash = closeBefore(callbacks.onCrash);
    handle(this.createDeps(invocation)).then(
      (value) => invocation.isAlive && closeBefore(() => callbacks.onDone(value))(),
      (error) => invocation.isAlive && closeBefore(() => callbacks.onError(error))(),
    );
    return invocation;
  }

  /** Creates the ports of an invocation; an interference may change them. */
  createDeps(invocation: Invocation): EngineDeps {
    const forge = createForgePort(this, invocation);
    const deps: EngineDeps = {
      table: createTablePort(this, invocation),
      queue: createQueuePort(this, invocation),
      launcher: createLauncherPort(this, invocation),
      forges: { github: forge, local: forge },
      clock: { now: () => this.loop.now },
      log: {
        info: () => {},
        warn: (message, fields) =>
          this.recordHistory(`warn: ${message} ${JSON.stringify(fields ?? {})}`),
        error: (message, fields) =>
          this.recordHistory(`error: ${message} ${JSON.stringify(fields ?? {})}`),
      },
      settings: this.settings,
      signAttemptToken: async () => 'token',
      newId: () => {
        this.#idCount += 1;
        return `n${this.#idCount}`;
      },
    };
    return this.interference?.changeDeps?.(deps, this) ?? deps;
  }

  /** Ends all running invocations at once and keeps the platform down for `downMs` milliseconds. */
  crashPlatform(downMs: number): void {
    this.recordHistory('the platform crashes');
    // Set before the invocations end: their ends let the queues start new handlers, which must not run while the platform is down.
    this.downUntil = this.loop.now + downMs;
    for (const invocation of [...this.runningInvocations]) {
      invocation.isAlive = false;
      invocation.onCrash();
    }
  }

  /** Returns the text of a file: rendered YAML for `.smol-gang.yaml`, the single line of the simulation for all other files. */
  readFileText(repo: string, sha: string, path: string): string | undefined {
    const content = this.forge.getRepository(repo).graph.get(sha).files.get(path);
    if (content === undefined || path !== '.smol-gang.yaml') return content;
    return renderRepositoryConfig(content);
  }

  /** Sends a webhook delivery, which faults may lose, duplicate or delay. */
  sendWebhook(repo: string, branch: string, pull: number | undefined): void {
    if (this.faults.drawFault('webhook_lost')) return;
    const copies = this.faults.drawFault('webhook_duplicated') ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1)
      this.queues.sendMessage(
        { type: 'forge_changed', v: 1, repo, pull, branch, delivery: 'd' },
        this.faults.drawFault('webhook_delayed')
          ? this.random.between(10_000, 600_000)
          : this.random.between(50, 3_000),
      );
  }

  get isDown(): boolean {
    return this.downUntil > this.loop.now;
  }
}
