import { spawn } from 'node:child_process';
import type { Dirent } from 'node:fs';
import { existsSync } from 'node:fs';
import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { NAMESPACE_COMMANDS } from '../../core/contract/isolation.ts';
import { CONFIG_FILES } from '../../core/contract/tool-environment.ts';
import type { Host } from '../../core/port/host.ts';
import { runInAttemptEnvironment } from './run-in-attempt-environment.ts';

type RemovedFiles = { readonly what: string; count: number; bytes: number };

/** Creates the Host of a laptop installation. `podsDir` contains a folder for each pod; log files are kept for `logDays` days. */
export function createLocalHost(options: {
  readonly dataDir: string;
  readonly podsDir: string;
  readonly logDays: number;
  readonly isolation: 'auto' | 'namespaces' | 'processes';
  /** PATH of attempts; undefined: the folders of the system. */
  readonly programPath: string | undefined;
  /** Settings of networks, tool chains and registries for attempts. */
  readonly toolEnvironment: Readonly<Record<string, string>>;
  /** Absolute paths of the files that attempts get, by path below HOME. */
  readonly toolFiles: Readonly<Record<string, string>>;
  /** HOME of the person; default: HOME of this process. */
  readonly home?: string;
  readonly now: () => number;
}): Host {
  return {
    listUnusedConfigFiles: () =>
      Object.entries(CONFIG_FILES)
        .filter(([, path]) => options.toolFiles[path] === undefined)
        .filter(([, path]) => existsSync(join(options.home ?? homedir(), path)))
        .map(([name, path]) => ({ name, path })),
    runInAttemptEnvironment: (command) => runInAttemptEnvironment(command, options),
    measureDisk: async () => {
      const disk = await statfs(options.dataDir);
      return { dataBytes: await measureSize(options.dataDir), freeBytes: disk.bavail * disk.bsize };
    },
    collectGarbage: async ({ dryRun, keepPods }) => {
      const removed = [
        await removeEndedPods(options, keepPods, dryRun),
        await removeOldLogs(options, dryRun),
      ];
      return removed.filter(({ count }) => count > 0);
    },
    describeIsolation: () => {
      const user = process.getuid?.() === 0 ? 'root' : 'your own user';
      const files = user === 'root' ? 'every file of this machine' : 'your files';
      return `Agents run as ${user}, with a clean home and environment, but they can access ${files}.`;
    },
    detectVerifyIsolation: async () => {
      if (options.isolation === 'processes') return 'processes';
      if (await hasNamespaces()) return 'namespaces';
      return options.isolation === 'auto' ? 'processes' : 'missing';
    },
  };
}

/** Returns whether this process may create process namespaces. */
async function hasNamespaces(): Promise<boolean> {
  for (const { create } of NAMESPACE_COMMANDS) {
    const [program = '', ...args] = create;
    const child = spawn(program, [...args, 'true'], { stdio: 'ignore', timeout: 5_000 });
    const exitCode = await new Promise((resolve) => {
      child.once('error', () => resolve(undefined));
      child.once('exit', resolve);
    });
    if (exitCode === 0) return true;
  }
  return false;
}

async function measureSize(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true }).catch((): Dirent[] => []);
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const entryPath = join(path, entry.name);
      if (entry.isDirectory()) return measureSize(entryPath);
      return (await stat(entryPath).catch(() => undefined))?.size ?? 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Minimum age of a pod folder that may be removed. A younger pod may have started after the caller listed the running pods. */
const MIN_POD_AGE_MS = 10 * 60_000;

async function removeEndedPods(
  { podsDir, now }: { readonly podsDir: string; readonly now: () => number },
  keepPods: ReadonlySet<string>,
  dryRun: boolean,
): Promise<RemovedFiles> {
  const removed: RemovedFiles = { what: 'folders of ended attempts', count: 0, bytes: 0 };
  if (!existsSync(podsDir)) return removed;
  for (const entry of await readdir(podsDir, { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.startsWith('sg-') || keepPods.has(entry.name)) continue;
    const path = join(podsDir, entry.name);
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined || now() - Math.max(stats.birthtimeMs, stats.mtimeMs) < MIN_POD_AGE_MS)
      continue;
    removed.count += 1;
    removed.bytes += await measureSize(path);
    if (!dryRun) await rm(path, { recursive: true, force: true });
  }
  return removed;
}

async function removeOldLogs(
  options: { readonly dataDir: string; readonly logDays: number; readonly now: () => number },
  dryRun: boolean,
): Promise<RemovedFiles> {
  const removed: RemovedFiles = { what: 'old log files', count: 0, bytes: 0 };
  for (const entry of await readdir(options.dataDir, { withFileTypes: true })) {
    if (!entry.isFile() || !/\.log(\.\d+)?$/.test(entry.name)) continue;
    const path = join(options.dataDir, entry.name);
    const { mtimeMs, size } = await stat(path);
    if (options.now() - mtimeMs < options.logDays * 86_400_000) continue;
    removed.count += 1;
    removed.bytes += size;
    if (!dryRun) await rm(path, { force: true });
  }
  return removed;
}
