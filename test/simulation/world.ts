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

// The world of a seed: the platform under test, its simulated dependencies, and the judge.

/** Virtual start time of every seed, in epoch milliseconds. */
export const START = Date.UTC(2026, 4, 12, 8, 0, 0);

/** Largest delay of an index behind its table; shorter than the overlap clients read again. */
const INDEX_LAG_MS = 60_000;
const WRITE_OPERATIONS = new Set(['put', 'update', 'delete']);

/** Change to the ports or calls that applies to a whole seed, in addition to its faults. */
export type Interference = {
  readonly name: string;
  /** Faults every seed has, more often than usual, so that the affected rule matters. */
  readonly emphasis?: readonly FaultKind[];
  readonly deps?: (deps: EngineDeps, world: World) => EngineDeps;
  /** Replaces the attempt id of a bridge's call. */
  readonly rewriteAttemptId?: (attemptId: string, world: World) => string;
};

export class World {
  readonly random: Random;
  readonly loop = new EventLoop(START);
  readonly faults: Faults;
  readonly table: MemoryTable;
  readonly queues: SimQueues;
  readonly forge: SimForge;
  readonly pods: SimPods;
  readonly settings: EngineSettings;
  readonly judge: Judge;
  readonly coverage: Coverage;
  readonly interference: Interference | undefined;
  /** Lines of the history; undefined unless `keepHistory` is set. */
  readonly history: string[] | undefined;
  readonly liveInvocations = new Set<Invocation>();
  /** Called when the current index read returns old items. */
  onLateIndexRead: () => void = () => {};
  /** Epoch milliseconds until which the platform is down. */
  downUntil = 0;
  /** Epoch milliseconds until which the forge has asked for no calls. */
  forgePausedUntil = 0;
  readonly #writes: number[] = [];
  #invocations = 0;
  #ids = 0;

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
    this.random = createRandom(seed);
    this.faults = createFaults(seed, createRandom(seed + 1_000_003), parts.interference?.emphasis);
    this.judge = parts.judge;
    this.coverage = parts.coverage;
    this.interference = parts.interference;
    this.history = parts.keepHistory ? [] : undefined;
    this.table = createMemoryTable({
      indexLag: () => this.#drawIndexLag(),
      afterEffect: (operation) => {
        if (WRITE_OPERATIONS.has(operation)) this.#writes.push(this.loop.now);
      },
    });
    this.queues = new SimQueues(this);
    this.pods = new SimPods(this);
    this.forge = new SimForge(
      () => this.loop.now,
      this.random,
      parts.judge.createForgeWitness(this),
      {
        chooseHeadLagMs: () =>
          this.faults.drawFault('forge_lag') ? this.random.between(500, 20_000) : 0,
        chooseMergeabilityDelayMs: () =>
          this.faults.drawFault('forge_unknown') ? this.random.between(500, 20_000) : 0,
        chooseCheckResult: () => ({
          afterMs: this.random.between(1_000, 90_000),
          flaky: this.faults.drawFault('check_flaky'),
        }),
        chooseRule: () =>
          this.faults.drawFault('forge_rule') ? 'a rule of the branch forbids it' : undefined,
      },
    );
  }

  #drawIndexLag(): number {
    if (!this.faults.drawFault('index_late')) return 0;
    this.onLateIndexRead();
    const since = this.loop.now - INDEX_LAG_MS;
    const recent = this.#writes.length - 1 - this.#writes.findLastIndex((at) => at < since);
    return Math.min(recent, this.random.between(1, 40));
  }

  recordHistory(line: string): void {
    if (this.history === undefined) return;
    const s = (this.loop.now - START) / 1_000;
    const clock = `${String(Math.floor(s / 60)).padStart(4)}:${(s % 60).toFixed(3).padStart(6, '0')}`;
    this.history.push(`${clock}  ${line}`);
  }

  openInvocation(handlerName: string): Invocation {
    this.#invocations += 1;
    const invocation = createInvocation(this.#invocations, handlerName);
    this.liveInvocations.add(invocation);
    return invocation;
  }

  /** Runs a handler; a crash of the handler calls only `onCrash`. */
  startInvocation<T>(
    handlerName: string,
    handle: (deps: EngineDeps) => Promise<T>,
    callbacks: {
      readonly onDone: (value: T) => void;
      readonly onError: (error: unknown) => void;
      readonly onCrash: () => void;
    },
  ): Invocation {
    const invocation = this.openInvocation(handlerName);
    const closeThen = (next: () => void) => () => {
      this.liveInvocations.delete(invocation);
      next();
    };
    invocation.onCrash = closeThen(callbacks.onCrash);
    handle(this.createDeps(invocation)).then(
      (value) => invocation.isAlive && closeThen(() => callbacks.onDone(value))(),
      (error) => invocation.isAlive && closeThen(() => callbacks.onError(error))(),
    );
    return invocation;
  }

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
      attemptToken: async () => 'token',
      newId: () => {
        this.#ids += 1;
        return `n${this.#ids}`;
      },
    };
    return this.interference?.deps?.(deps, this) ?? deps;
  }

  /** Ends all live invocations at once and keeps the platform down for a while. */
  crashPlatform(forMs: number): void {
    this.recordHistory('the platform crashes');
    // Set before the crashes: a crashed handler frees its place in the queue, and no new handler may start there.
    this.downUntil = this.loop.now + forMs;
    for (const invocation of [...this.liveInvocations]) {
      invocation.isAlive = false;
      invocation.onCrash();
    }
  }

  /** Returns the text of a file; only `.smol-gang.yaml` has real text in the simulation. */
  readFileText(repo: string, sha: string, path: string): string | undefined {
    const content = this.forge.getRepository(repo).graph.get(sha).files.get(path);
    if (content === undefined || path !== '.smol-gang.yaml') return content;
    return renderRepositoryConfig(content);
  }

  /** Sends a webhook delivery, which faults may drop, duplicate or delay. */
  sendWebhook(repo: string, branch: string, pull: number | undefined): void {
    if (this.faults.drawFault('webhook_drop')) return;
    const copies = this.faults.drawFault('webhook_double') ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1)
      this.queues.sendMessage(
        { type: 'forge_changed', v: 1, repo, pull, branch, delivery: 'd' },
        this.faults.drawFault('webhook_late')
          ? this.random.between(10_000, 600_000)
          : this.random.between(50, 3_000),
      );
  }

  get isDown(): boolean {
    return this.downUntil > this.loop.now;
  }
}
