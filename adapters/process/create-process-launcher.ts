import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { realpath, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../core/base/app-error.ts';
import type { Pod, PodLauncher, PodSpec, PodState } from '../../core/port/launcher.ts';
import { appendLauncherLine, saveEndedLog, truncateLog } from './bridge-log.ts';
import { hasErrorCode } from './has-error-code.ts';
import { claimPodFolder, listPodNames, removePodFolder } from './pod-folder.ts';
import { findUnrecordedBridge } from './pod-member.ts';
import type { PodRecord } from './pod-record.ts';
import { readPodRecord, writePodRecord } from './pod-record.ts';
import { isAlive, readProcess } from './process-row.ts';
import { removeTree } from './remove-tree.ts';
import { startBridge, toLauncherError } from './start-bridge.ts';
import { stopPod } from './stop-pod.ts';

/** Settings of a process launcher. */
export type ProcessLauncherOptions = {
  /** Folder for the launcher alone, with one folder per pod for record, log and work. */
  readonly stateDir: string;
  /** Path of the bridge's entry file. */
  readonly bridgeEntry: string;
  /** Folder of bare mirrors that all bridges share. Default: no mirrors. */
  readonly mirrorDir?: string;
  /** Path of the Node.js program. Default: the program of this process. */
  readonly nodePath?: string;
  /** PATH of the bridges. Default: the folder of `nodePath` and the folders of the system. */
  readonly path?: string;
  /** Additional environment variables of the bridges. */
  readonly env?: Readonly<Record<string, string>>;
  /** Returns epoch milliseconds. */
  now(): number;
  /** Time between SIGTERM and SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** Called once for each ended pod, including pods of an earlier launcher. */
  readonly onEnded?: (attemptId: string) => void;
  /** Interval between checks of the deadlines, milliseconds; 0: checks in `list` only. Default: DEFAULT_SWEEP_MS. */
  readonly sweepMs?: number;
};

/** Launcher of pods as child processes. */
export type ProcessLauncher = PodLauncher & {
  /** Removes every pod. Throws an error with the names of the pods that cannot be ended. */
  killAll(): Promise<void>;
  /** Stops the checks of deadlines. The pods continue, and another launcher over the same folder takes them over. */
  close(): void;
};

const POD_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
/** Age after which a recorded intent counts as a start that never happened, milliseconds. */
const MAX_INTENT_AGE_MS = 30_000;
const DEFAULT_SWEEP_MS = 2_000;

/** State to report by phase of the record, while an operation on the pod is in progress. */
const BUSY_STATES = { intent: 'starting', started: 'running', ended: 'gone' } as const;

/** Creates a launcher for pods on this machine. Pods survive the launcher; the next launcher over the same folder adopts them. */
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
  /** Last operation by pod name; operations on one pod run one after the other. */
  readonly #busy = new Map<string, Promise<unknown>>();
  #isSweeping = false;

  constructor(options: ProcessLauncherOptions) {
    mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
    this.#options = options;
  }

  async ensure(spec: PodSpec): Promise<Pod> {
    if (!POD_NAME.test(spec.name)) {
      throw new AppError(
        'bug',
        'bad_pod_name',
        `the pod name "${spec.name}" is not a DNS-1123 name`,
      );
    }
    return await this.#runExclusive(spec.name, async () => {
      const found = await this.#findPod(spec.name);
      if (found !== undefined && found.state !== 'never') return toPod(found.record, found.state);
      if (found !== undefined) await removePodFolder(this.#getFolder(spec.name));
      return await this.#start(spec);
    });
  }

  async list(): Promise<Pod[]> {
    const names = await listPodNames(this.#options.stateDir);
    const pods = await Promise.all(names.map((name) => this.#inspect(name)));
    return pods.flatMap((pod) => pod ?? []);
  }

  async remove(name: string, uid?: string): Promise<'gone' | 'going'> {
    if (!POD_NAME.test(name)) return 'gone';
    return await this.#runExclusive(name, async () => {
      const found = await this.#findPod(name);
      if (found === undefined) return 'gone';
      if (uid !== undefined && found.record.uid !== uid) return 'gone';
      if (found.state === 'starting') return 'going';
      if (!(await this.#endPod(found.record, this.#options.graceMs))) return 'going';
      await saveEndedLog(this.#options.stateDir, name);
      await removePodFolder(this.#getFolder(name));
      return 'gone';
    });
  }

  async killAll(): Promise<void> {
    const names = await listPodNames(this.#options.stateDir);
    const outcomes = await Promise.all(names.map((name) => this.remove(name)));
    const remaining = names.filter((_, index) => outcomes[index] === 'going');
    if (remaining.length > 0)
      throw new Error(`these pods could not be ended: ${remaining.join(', ')}`);
  }

  /** Checks all pods. An error is ignored here: the next sweep or `list` meets the same error. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    await this.list().catch(() => {});
    this.#isSweeping = false;
  }

  /** Reads one pod, cleans up after a dead bridge, and kills a bridge past its deadline. A busy pod is only read. */
  async #inspect(name: string): Promise<Pod | undefined> {
    if (this.#busy.has(name)) {
      const record = await readPodRecord(this.#getFolder(name));
      return record && toPod(record, BUSY_STATES[record.phase]);
    }
    return await this.#runExclusive(name, async () => {
      const found = await this.#findPod(name);
      if (found === undefined) {
        // An interrupted removal leaves an empty folder.
        await rmdir(this.#getFolder(name)).catch(() => {});
        return undefined;
      }
      if (found.state === 'never') return toPod(found.record, 'gone');
      await truncateLog(this.#getFolder(name));
      const isLate = found.state === 'running' && this.#options.now() >= found.record.deadline;
      if (isLate) await appendLauncherLine(this.#getFolder(name), 'the deadline has passed');
      if (!isLate && found.state !== 'gone') return toPod(found.record, found.state);
      const wasEnded = found.record.phase === 'ended';
      const isEnded = wasEnded || (await this.#endPod(found.record, 0));
      if (isEnded && !wasEnded) this.#options.onEnded?.(found.record.attemptId);
      return toPod(found.record, isEnded ? 'gone' : 'running');
    });
  }

  /** Reads a pod with its current state; `never` is an intended start that did not happen. */
  async #findPod(
    name: string,
  ): Promise<{ readonly record: PodRecord; readonly state: PodState | 'never' } | undefined> {
    const folder = this.#getFolder(name);
    const record = await readPodRecord(folder);
    if (record === undefined) return undefined;
    if (record.phase !== 'intent') {
      return { record, state: isAlive(record.bridge) ? 'running' : 'gone' };
    }
    const unrecorded = findUnrecordedBridge(record.uid);
    if (unrecorded !== undefined) {
      const { pid, startTime } = unrecorded;
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
      const winner = await this.#findPod(name);
      if (winner === undefined || winner.state === 'never') {
        const message = `the pod ${name} is being removed by another launcher; try again`;
        throw new AppError('transient', 'pod_changing', message);
      }
      return toPod(winner.record, winner.state);
    }
    try {
      const { nodePath = process.execPath, bridgeEntry, mirrorDir, path, env = {} } = this.#options;
      const folder = await realpath(this.#getFolder(name));
      const start = { folder, uid, nodePath, bridgeEntry, mirrorDir, path, env };
      const bridge = await startBridge(spec, start);
      const started: PodRecord = { ...intent, phase: 'started', bridge };
      await writePodRecord(folder, started);
      return toPod(started, 'running');
    } catch (error) {
      if (await this.#endPod(intent, 0)) await removePodFolder(this.#getFolder(name));
      throw toLauncherError(error, this.#options.now());
    }
  }

  /** Ends all processes of a pod and removes its work; the record stays. Returns false if a process or file remains. */
  async #endPod(record: PodRecord, graceMs: number): Promise<boolean> {
    const folder = this.#getFolder(record.name);
    try {
      const trace = { uid: record.uid, folder: await realpath(folder), bridge: record.bridge };
      if (!(await stopPod(trace, graceMs))) return false;
      if (!(await removeTree(join(folder, 'work')))) return false;
      await writePodRecord(folder, { ...record, phase: 'ended' });
      return true;
    } catch (error) {
      // Another launcher over the same folder has removed the pod meanwhile.
      if (hasErrorCode(error, 'ENOENT')) return true;
      throw error;
    }
  }

  #getFolder(name: string): string {
    return join(this.#options.stateDir, name);
  }

  /** Runs `work` after all earlier operations on the pod. */
  async #runExclusive<T>(name: string, work: () => Promise<T>): Promise<T> {
    const previous = this.#busy.get(name) ?? Promise.resolve();
    const operation = previous.then(work, work);
    this.#busy.set(name, operation);
    try {
      return await operation;
    } finally {
      if (this.#busy.get(name) === operation) this.#busy.delete(name);
    }
  }
}

function toPod(record: PodRecord, state: PodState): Pod {
  const { name, attemptId, startedAt, uid } = record;
  return { name, attemptId, state, startedAt, uid };
}
