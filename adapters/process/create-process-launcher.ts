import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { realpath, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../core/base/app-error.ts';
import type { Pod, PodLauncher, PodSpec, PodState } from '../../core/port/launcher.ts';
import { appendLauncherLine, saveEndedLog, truncateLog } from './bridge-log.ts';
import { claimPodFolder, listPodNames, removePodFolder } from './pod-folder.ts';
import { findLostBridge } from './pod-member.ts';
import type { PodRecord } from './pod-record.ts';
import { readPodRecord, writePodRecord } from './pod-record.ts';
import { isAlive, readProcess } from './process-row.ts';
import { removeTree } from './remove-tree.ts';
import { startBridge, toLauncherError } from './start-bridge.ts';
import { stopPod } from './stop-pod.ts';

export type ProcessLauncherOptions = {
  /** One folder a pod: its record, log and work. Nobody else's. */
  readonly stateDir: string;
  /** Path of the bridge's entry file. */
  readonly bridgeEntry: string;
  /** Bare mirrors shared by the bridges. */
  readonly mirrorDir?: string;
  readonly nodePath?: string;
  /** PATH of the bridges. */
  readonly path?: string;
  /** More of their environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  now(): number;
  /** Between asking a bridge to end and killing it. */
  readonly graceMs: number;
  /** Told once of each pod that was seen to end, of those of an earlier process too. */
  readonly onEnded?: (attemptId: string) => void;
  /** How often deadlines are looked at; 0: only by `list`. */
  readonly sweepMs?: number;
};

export type ProcessLauncher = PodLauncher & {
  /** Removes every pod; throws when something cannot be ended. */
  killAll(): Promise<void>;
  /** Stops looking at deadlines; the pods live on and another launcher finds them. */
  close(): void;
};

const POD_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
/** An intent older than that is not about to become a process any more. */
const MAX_INTENT_AGE_MS = 30_000;
const DEFAULT_SWEEP_MS = 2_000;

const BUSY_STATES = { intent: 'starting', started: 'running', ended: 'gone' } as const;

/** Attempts as child processes of this machine. They outlive the launcher; a new one over the same folder takes them over. */
export function createProcessLauncher(options: ProcessLauncherOptions): ProcessLauncher {
  const launcher = new ProcessPods(options);
  const sweepMs = options.sweepMs ?? DEFAULT_SWEEP_MS;
  const timer = sweepMs > 0 ? setInterval(() => void launcher.sweep(), sweepMs).unref() : undefined;
  return {
    ensure: (spec) => launcher.ensure(spec),
    list: () => launcher.list(),
    remove: (name, uid) => launcher.remove(name, uid),
    killAll: () => launcher.killAll(),
    close: () => clearInterval(timer),
  };
}

class ProcessPods {
  readonly #options: ProcessLauncherOptions;
  /** What is being done to a pod, by name: one thing at a time. */
  readonly #busy = new Map<string, Promise<unknown>>();
  #sweeping = false;

  constructor(options: ProcessLauncherOptions) {
    mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
    this.#options = options;
  }

  async ensure(spec: PodSpec): Promise<Pod> {
    if (!POD_NAME.test(spec.name)) {
      throw new AppError('bug', 'bad_pod_name', `"${spec.name}" is not a DNS-1123 name`);
    }
    return await this.#exclusive(spec.name, async () => {
      const found = await this.#find(spec.name);
      if (found !== undefined && found.state !== 'never') return toPod(found.record, found.state);
      if (found !== undefined) await removePodFolder(this.#folder(spec.name));
      return await this.#start(spec);
    });
  }

  async list(): Promise<Pod[]> {
    const names = await listPodNames(this.#options.stateDir);
    const pods = await Promise.all(names.map((name) => this.#look(name)));
    return pods.flatMap((pod) => pod ?? []);
  }

  async remove(name: string, uid?: string): Promise<'gone' | 'going'> {
    if (!POD_NAME.test(name)) return 'gone';
    return await this.#exclusive(name, async () => {
      const found = await this.#find(name);
      if (found === undefined) return 'gone';
      if (uid !== undefined && found.record.uid !== uid) return 'gone';
      if (found.state === 'starting') return 'going';
      if (!(await this.#end(found.record, this.#options.graceMs))) return 'going';
      await saveEndedLog(this.#options.stateDir, name);
      await removePodFolder(this.#folder(name));
      return 'gone';
    });
  }

  async killAll(): Promise<void> {
    const names = await listPodNames(this.#options.stateDir);
    const outcomes = await Promise.all(names.map((name) => this.remove(name)));
    const left = names.filter((_, index) => outcomes[index] === 'going');
    if (left.length > 0) throw new Error(`these pods could not be ended: ${left.join(', ')}`);
  }

  /** A failure is found again by the next one, and by whoever lists. */
  async sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    await this.list().catch(() => {});
    this.#sweeping = false;
  }

  /** One pod of a list: the dead are cleaned up, the late are killed. What is being worked on is only read. */
  async #look(name: string): Promise<Pod | undefined> {
    if (this.#busy.has(name)) {
      const record = await readPodRecord(this.#folder(name));
      return record && toPod(record, BUSY_STATES[record.phase]);
    }
    return await this.#exclusive(name, async () => {
      const found = await this.#find(name);
      if (found === undefined) {
        // Of a removal that did not get to its end.
        await rmdir(this.#folder(name)).catch(() => {});
        return undefined;
      }
      if (found.state === 'never') return toPod(found.record, 'gone');
      await truncateLog(this.#folder(name));
      const isLate = found.state === 'running' && this.#options.now() >= found.record.deadline;
      if (isLate) await appendLauncherLine(this.#folder(name), 'the deadline has passed');
      if (!isLate && found.state !== 'gone') return toPod(found.record, found.state);
      const known = found.record.phase === 'ended';
      const ended = known || (await this.#end(found.record, 0));
      if (ended && !known) this.#options.onEnded?.(found.record.attemptId);
      return toPod(found.record, ended ? 'gone' : 'running');
    });
  }

  /** `never`: a start that was intended and did not happen. */
  async #find(
    name: string,
  ): Promise<{ readonly record: PodRecord; readonly state: PodState | 'never' } | undefined> {
    const folder = this.#folder(name);
    const record = await readPodRecord(folder);
    if (record === undefined) return undefined;
    if (record.phase !== 'intent') {
      return { record, state: isAlive(record.bridge) ? 'running' : 'gone' };
    }
    const lost = findLostBridge(record.uid);
    if (lost !== undefined) {
      const { pid, startTime } = lost;
      const adopted: PodRecord = { ...record, phase: 'started', bridge: { pid, startTime } };
      await writePodRecord(folder, adopted);
      return { record: adopted, state: 'running' };
    }
    const isYoung = this.#options.now() - record.startedAt < MAX_INTENT_AGE_MS;
    return { record, state: isYoung && isAlive(record.launcher) ? 'starting' : 'never' };
  }

  async #start(spec: PodSpec): Promise<Pod> {
    const { name, attemptId, deadline } = spec;
    const startedAt = this.#options.now();
    const launcher = { pid: process.pid, startTime: readProcess(process.pid)?.startTime ?? '' };
    const uid = randomUUID();
    const intent: PodRecord = {
      version: 1,
      name,
      attemptId,
      uid,
      phase: 'intent',
      startedAt,
      deadline,
      launcher,
    };
    if (!(await claimPodFolder(this.#options.stateDir, intent))) {
      const other = await this.#find(name);
      if (other === undefined || other.state === 'never') {
        throw new AppError('transient', 'pod_changing', `pod ${name} is being removed`);
      }
      return toPod(other.record, other.state);
    }
    try {
      const { nodePath = process.execPath, bridgeEntry, mirrorDir, path, env = {} } = this.#options;
      const folder = await realpath(this.#folder(name));
      const start = { folder, uid, nodePath, bridgeEntry, mirrorDir, path, env };
      const bridge = await startBridge(spec, start);
      const started: PodRecord = { ...intent, phase: 'started', bridge };
      await writePodRecord(folder, started);
      return toPod(started, 'running');
    } catch (error) {
      if (await this.#end(intent, 0)) await removePodFolder(this.#folder(name));
      throw toLauncherError(error, this.#options.now());
    }
  }

  /** Ends all that lives of a pod and removes its work; the entry stays. False: not everything could be. */
  async #end(record: PodRecord, graceMs: number): Promise<boolean> {
    const folder = this.#folder(record.name);
    try {
      const trace = { uid: record.uid, folder: await realpath(folder), bridge: record.bridge };
      if (!(await stopPod(trace, graceMs))) return false;
      if (!(await removeTree(join(folder, 'work')))) return false;
      await writePodRecord(folder, { ...record, phase: 'ended' });
      return true;
    } catch (error) {
      // Another launcher over the same folder has just removed it.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true;
      throw error;
    }
  }

  #folder(name: string): string {
    return join(this.#options.stateDir, name);
  }

  async #exclusive<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#busy.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#busy.get(name) === mine) this.#busy.delete(name);
    }
  }
}

function toPod(record: PodRecord, state: PodState): Pod {
  const { name, attemptId, startedAt, uid } = record;
  return { name, attemptId, state, startedAt, uid };
}
