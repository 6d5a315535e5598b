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
  /** Folder that only launchers use. Each pod has a subfolder with its record, log and work folder. */
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
  /** Time between SIGTERM and SIGKILL when a pod is removed, milliseconds. */
  readonly graceMs: number;
  /** Called once for each pod that ended by itself or by its deadline, including pods of an earlier launcher. */
  readonly onEnded?: (attemptId: string) => void;
  /** Interval between checks of all pods, milliseconds; 0: only `list` checks the pods. Default: 2000. */
  readonly sweepMs?: number;
};

/** Launcher of pods as child processes. */
export type ProcessLauncher = PodLauncher & {
  /** Removes every pod. Throws an error that lists the pods that remain. */
  killAll(): Promise<void>;
  /** Stops the periodic checks. The pods continue to run; the next launcher with the same folder adopts them. */
  close(): void;
};

const POD_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
/** Maximum duration of a start in milliseconds; a longer start counts as failed. */
const MAX_START_MS = 30_000;
const DEFAULT_SWEEP_MS = 2_000;

/** Reported state by phase of the record, while an operation on the pod is in progress. */
const BUSY_STATES = { intent: 'starting', started: 'running', ended: 'gone' } as const;

/** Pod with a record; `neverStarted`: a launcher wrote the record, but crashed or failed before it started a process. */
type RecordedPod = { readonly record: PodRecord; readonly state: PodState | 'neverStarted' };

/** Creates a launcher for pods on this machine. Pods survive the launcher; the next launcher with the same folder adopts them. */
export function createProcessLauncher(options: ProcessLauncherOptions): ProcessLauncher {
  const launcher = new ProcessPodLauncher(options);
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

class ProcessPodLauncher {
  readonly #options: ProcessLauncherOptions;
  /** Last unfinished operation of each pod, by pod name; operations on the same pod run one after the other. */
  readonly #operations = new Map<string, Promise<unknown>>();
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
        `the pod name "${spec.name}" is not a DNS-1123 name: use lower-case letters, digits, "-" and "."`,
      );
    }
    return await this.#runExclusive(spec.name, async () => {
      const existing = await this.#readPod(spec.name);
      if (existing !== undefined && existing.state !== 'neverStarted')
        return toPod(existing.record, existing.state);
      if (existing !== undefined) await removePodFolder(this.#getFolder(spec.name));
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
      const existing = await this.#readPod(name);
      if (existing === undefined) return 'gone';
      if (uid !== undefined && existing.record.uid !== uid) return 'gone';
      if (existing.state === 'starting') return 'going';
      if (!(await this.#endPod(existing.record, this.#options.graceMs))) return 'going';
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
      throw new Error(
        `these pods are still starting or have processes that survived SIGKILL: ${remaining.join(', ')}; try again`,
      );
  }

  /** Checks all pods. Ignores an error, because the next call of `list` throws the same error to its caller. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    await this.list().catch(() => {});
    this.#isSweeping = false;
  }

  /**
   * Reads a pod, cleans up after a dead bridge, and kills a bridge that has passed its deadline. Only reads the record while
   * another operation on the pod is in progress.
   */
  async #inspect(name: string): Promise<Pod | undefined> {
    if (this.#operations.has(name)) {
      const record = await readPodRecord(this.#getFolder(name));
      return record && toPod(record, BUSY_STATES[record.phase]);
    }
    return await this.#runExclusive(name, async () => {
      const existing = await this.#readPod(name);
      if (existing === undefined) {
        // An interrupted removal leaves an empty folder.
        await rmdir(this.#getFolder(name)).catch(() => {});
        return undefined;
      }
      const { record, state } = existing;
      if (state === 'neverStarted') return toPod(record, 'gone');
      await truncateLog(this.#getFolder(name));
      const hasPassedDeadline = state === 'running' && this.#options.now() >= record.deadline;
      if (hasPassedDeadline)
        await appendLauncherLine(
          this.#getFolder(name),
          'the pod is killed: its deadline has passed',
        );
      if (!hasPassedDeadline && state !== 'gone') return toPod(record, state);
      const wasEnded = record.phase === 'ended';
      const isEnded = wasEnded || (await this.#endPod(record, 0));
      if (isEnded && !wasEnded) this.#options.onEnded?.(record.attemptId);
      return toPod(record, isEnded ? 'gone' : 'running');
    });
  }

  /**
   * Reads a pod with its current state. If a launcher crashed after the start of the bridge but before it recorded the bridge,
   * finds the bridge and adds the bridge to the record.
   */
  async #readPod(name: string): Promise<RecordedPod | undefined> {
    const folder = this.#getFolder(name);
    const record = await readPodRecord(folder);
    if (record === undefined) return undefined;
    if (record.phase !== 'intent') {
      return { record, state: isAlive(record.bridge) ? 'running' : 'gone' };
    }
    const unrecorded = findUnrecordedBridge(record.uid);
    if (unrecorded !== undefined) {
      const { pid, startTime } = unrecorded;
      const adoptedRecord: PodRecord = { ...record, phase: 'started', bridge: { pid, startTime } };
      await writePodRecord(folder, adoptedRecord);
      return { record: adoptedRecord, state: 'running' };
    }
    const mayStillStart =
      this.#options.now() - record.startedAt < MAX_START_MS && isAlive(record.launcher);
    return { record, state: mayStillStart ? 'starting' : 'neverStarted' };
  }

  async #start(spec: PodSpec): Promise<Pod> {
    const { name, attemptId, deadline } = spec;
    const startedAt = this.#options.now();
    const launcher = { pid: process.pid, startTime: readProcess(process.pid)?.startTime ?? '' };
    const uid = randomUUID();
    const record: PodRecord = {
      version: 1,
      name,
      attemptId,
      uid,
      phase: 'intent',
      startedAt,
      deadline,
      launcher,
    };
    if (!(await claimPodFolder(this.#options.stateDir, record))) {
      const concurrent = await this.#readPod(name);
      if (concurrent === undefined || concurrent.state === 'neverStarted') {
        const message = `another launcher is removing the pod ${name}; try again`;
        throw new AppError('transient', 'pod_changing', message);
      }
      return toPod(concurrent.record, concurrent.state);
    }
    try {
      const { nodePath = process.execPath, bridgeEntry, mirrorDir, path, env = {} } = this.#options;
      const folder = await realpath(this.#getFolder(name));
      const start = { folder, uid, nodePath, bridgeEntry, mirrorDir, path, env };
      const bridge = await startBridge(spec, start);
      const startedRecord: PodRecord = { ...record, phase: 'started', bridge };
      await writePodRecord(folder, startedRecord);
      return toPod(startedRecord, 'running');
    } catch (error) {
      if (await this.#endPod(record, 0)) await removePodFolder(this.#getFolder(name));
      throw toLauncherError(error, this.#options.now());
    }
  }

  /** Ends all processes of a pod and removes its work folder; the record stays. Returns false if a process or file remains. */
  async #endPod(record: PodRecord, graceMs: number): Promise<boolean> {
    const folder = this.#getFolder(record.name);
    try {
      const pod = { uid: record.uid, folder: await realpath(folder), bridge: record.bridge };
      if (!(await stopPod(pod, graceMs))) return false;
      if (!(await removeTree(join(folder, 'work')))) return false;
      await writePodRecord(folder, { ...record, phase: 'ended' });
      return true;
    } catch (error) {
      // Another launcher with the same folder has removed the pod in the meantime.
      if (hasErrorCode(error, 'ENOENT')) return true;
      throw error;
    }
  }

  #getFolder(name: string): string {
    return join(this.#options.stateDir, name);
  }

  /** Runs `work` after all earlier operations on the pod. */
  async #runExclusive<T>(name: string, work: () => Promise<T>): Promise<T> {
    const previous = this.#operations.get(name) ?? Promise.resolve();
    const operation = previous.then(work, work);
    this.#operations.set(name, operation);
    try {
      return await operation;
    } finally {
      if (this.#operations.get(name) === operation) this.#operations.delete(name);
    }
  }
}

function toPod(record: PodRecord, state: PodState): Pod {
  const { name, attemptId, startedAt, uid } = record;
  return { name, attemptId, state, startedAt, uid };
}
