import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import type { PodIdentity } from '../../../adapters/process/pod-member.ts';
import { findPodMembers } from '../../../adapters/process/pod-member.ts';
import { readProcess } from '../../../adapters/process/process-row.ts';
import { stopPod } from '../../../adapters/process/stop-pod.ts';
import type { Outcome } from './suite-report.ts';

/** Suite of `npm test`. */
export type Suite = {
  readonly name: string;
  /** npm scripts, which run in this order. */
  readonly scripts: readonly string[];
  /** Patterns of the files with vitest tests. Default: no vitest; each script counts as a single test. */
  readonly tests?: readonly string[];
  /** True for a suite that runs only if the command names it. */
  readonly onDemand?: boolean;
};

type Counts = Pick<Outcome, 'passed' | 'failed' | 'skipped'>;
/** Result of a script. `failures`: a line for each failed test. */
type ScriptReport = { readonly counts: Counts; readonly failures: readonly string[] };

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).default([]),
        }),
      ),
    }),
  ),
});

/** Time in which processes of a finished script may still exit by themselves. */
const EXIT_GRACE_MS = 3_000;
const MAX_LISTED_FAILURES = 30;
const MAX_LINE_LENGTH = 300;

/**
 * Run of a suite in its own process group and temporary folder. Group and folder identify processes that the suite leaves behind, in the
 * way in which the launcher identifies the processes of a pod.
 */
export class SuiteRun {
  readonly #suite: Suite;
  readonly #folder: string;
  readonly #deadline: number;
  readonly #uid = randomUUID();
  readonly #startedAt = performance.now();
  #child: ChildProcess | undefined;
  #isAborted = false;

  private constructor(suite: Suite, folder: string, deadline: number) {
    this.#suite = suite;
    this.#folder = folder;
    this.#deadline = deadline;
  }

  /** Prepares a run. `deadline`: epoch milliseconds at which a running script is stopped. */
  static async prepare(suite: Suite, deadline: number): Promise<SuiteRun> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'smol-suite-')));
    await mkdir(join(folder, 'tmp'));
    return new SuiteRun(suite, folder, deadline);
  }

  /** Runs all scripts of the suite and returns the outcome. */
  async runScripts(): Promise<Outcome> {
    const { name, scripts, tests } = this.#suite;
    let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
    const failures: string[] = [];
    const notes: string[] = [];
    for (const script of scripts) {
      const code = await this.#runScript(script);
      if (code === 'late') notes.push(`${script} reached the time limit and was stopped`);
      const report = tests === undefined ? countScript(code) : await this.#readReport(code);
      counts = addCounts(counts, report.counts);
      failures.push(...report.failures);
      notes.push(...(await this.#stopRemainingProcesses()));
    }
    notes.push(...(await this.#listRemainingFiles()));
    // Remaining processes, remaining files and timeouts count as failures, because the tested code causes them.
    counts = { ...counts, failed: counts.failed + notes.length };
    await rm(this.#folder, { recursive: true, force: true });
    const ms = performance.now() - this.#startedAt;
    return { name, ...counts, ms, notes: [...failures.slice(0, MAX_LISTED_FAILURES), ...notes] };
  }

  /** Stops all processes of the run and removes its folder. */
  async abort(): Promise<void> {
    this.#isAborted = true;
    await stopPod(this.#createIdentity(), 0);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #runScript(script: string): Promise<number | 'late'> {
    const reporters = [
      '--reporter=minimal',
      '--reporter=json',
      `--outputFile.json=${this.#getReportPath()}`,
    ];
    const args = ['run', '--silent', script, ...(this.#suite.tests ? ['--', ...reporters] : [])];
    const env = {
      ...process.env,
      TMPDIR: join(this.#folder, 'tmp'),
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    };
    const child = spawn('npm', args, {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    this.#child = child;
    const timer = new AbortController();
    const timeout = delay(Math.max(0, this.#deadline - Date.now()), 'late' as const, {
      signal: timer.signal,
    }).catch(() => 'late' as const);
    const exit = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : 1));
    const code = await Promise.race([exit, timeout]);
    timer.abort();
    if (code === 'late') await stopPod(this.#createIdentity(), 0);
    return code;
  }

  async #readReport(code: number | 'late'): Promise<ScriptReport> {
    const text = await readFile(this.#getReportPath(), 'utf8').catch(() => undefined);
    if (text === undefined) return countScript(1);
    const { testResults, ...report } = reportSchema.parse(JSON.parse(text));
    // A file that cannot be loaded fails without a failed test.
    const unloadableFiles = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    );
    const failedCount = report.numFailedTests + unloadableFiles.length;
    const counts = {
      passed: report.numPassedTests,
      failed: failedCount === 0 && code !== 0 ? 1 : failedCount,
      skipped: report.numPendingTests,
    };
    const tests = testResults.flatMap((file) => file.assertionResults);
    const failures = [
      ...unloadableFiles.map(({ name, message }) => renderFailure(relative('.', name), message)),
      ...tests
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages }) => renderFailure(fullName, failureMessages[0] ?? '')),
    ];
    return { counts, failures };
  }

  /** Stops processes that still run EXIT_GRACE_MS after the end of the script. */
  async #stopRemainingProcesses(): Promise<string[]> {
    if (this.#isAborted) return [];
    const graceEnd = performance.now() + EXIT_GRACE_MS;
    let members = findPodMembers(this.#createIdentity());
    while (members.length > 0 && performance.now() < graceEnd) {
      await delay(50);
      members = findPodMembers(this.#createIdentity());
    }
    if (members.length === 0) return [];
    const names = await Promise.all(members.map(({ pid }) => describeProcess(pid)));
    await stopPod(this.#createIdentity(), 0);
    return [`processes that were still running and are now stopped: ${names.join('; ')}`];
  }

  async #listRemainingFiles(): Promise<string[]> {
    const files = await readdir(join(this.#folder, 'tmp')).catch((): string[] => []);
    return files.length === 0
      ? []
      : [`files that remained in the temporary folder: ${files.slice(0, 8).join(' ')}`];
  }

  #createIdentity(): PodIdentity {
    const pid = this.#child?.pid;
    const processRow = pid === undefined ? undefined : readProcess(pid);
    return { uid: this.#uid, folder: this.#folder, bridge: processRow };
  }

  #getReportPath(): string {
    return join(this.#folder, 'report.json');
  }
}

function countScript(code: number | 'late'): ScriptReport {
  const passed = code === 0 ? 1 : 0;
  return { counts: { passed, failed: 1 - passed, skipped: 0 }, failures: [] };
}

function renderFailure(name: string, message: string): string {
  const [first = ''] = stripVTControlCharacters(message).trim().split('\n');
  return `✗ ${name}: ${first}`.slice(0, MAX_LINE_LENGTH);
}

function addCounts(left: Counts, right: Counts): Counts {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}

async function describeProcess(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return `${pid} ${text.split('\0').slice(0, 3).join(' ').trim()}`;
}
