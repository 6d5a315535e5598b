import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandResult, Evidence } from '../../core/contract/task.ts';
import type { Folders } from './folders.ts';
import type { GitWorkspace } from './git-workspace.ts';
import type { ProcessTable } from './process.ts';
import { type Redact, tail } from './redact.ts';

// Evidence: set-up and verify run on exactly one tree, in a checkout that nobody has touched.

const MAX_OUTPUT = 8_192;
/** One command may take this long, milliseconds. */
const COMMAND_TIMEOUT_MS = 30 * 60_000;

export type Runner = {
  processes: ProcessTable;
  folders: Folders;
  env: Record<string, string>;
  redact: Redact;
  signal: AbortSignal;
};

export type VerifyOptions = Runner & {
  workspace: GitWorkspace;
  setup: readonly string[][];
  verify: readonly string[][];
  /** What is said to be green or red. */
  commit: string;
  /** The root commit that it contains, or was merged with. */
  root: string;
  /** Default: the commit's own. A merge of the two has another. */
  tree?: string;
};

let checkouts = 0;

export async function makeEvidence(options: VerifyOptions): Promise<Evidence> {
  const { commit, root } = options;
  if (options.verify.length === 0) {
    return { commit, root, green: true, empty: true, results: [], at: Date.now() };
  }
  checkouts += 1;
  const folder = join(options.folders.verify, String(checkouts));
  const index = join(options.folders.git, `verify-index-${checkouts}`);
  await mkdir(folder);
  try {
    await options.workspace.checkoutClean(options.tree ?? commit, commit, folder, index);
    const results = await runCommands(options, folder);
    const green = results.every((result) => result.exitCode === 0);
    return { commit, root, green, empty: false, results, at: Date.now() };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(index, { force: true });
  }
}

/** Stops at the first that fails. A set-up command is in the results only when it failed. */
async function runCommands(options: VerifyOptions, folder: string): Promise<CommandResult[]> {
  for (const command of options.setup) {
    const result = await runCommand(options, command, folder);
    if (result.exitCode !== 0) return [result];
  }
  const results: CommandResult[] = [];
  for (const command of options.verify) {
    const result = await runCommand(options, command, folder);
    results.push(result);
    if (result.exitCode !== 0) break;
  }
  return results;
}

/** One set-up or verify command; the end of its output, without secrets. */
export async function runCommand(
  runner: Runner,
  command: readonly string[],
  cwd: string,
): Promise<CommandResult> {
  const finished = await runner.processes.run(command, {
    cwd,
    env: runner.env,
    signal: runner.signal,
    timeoutMs: COMMAND_TIMEOUT_MS,
    keep: 'tail',
    maxBytes: MAX_OUTPUT * 2,
  });
  const note = finished.timedOut ? `\n[stopped after ${COMMAND_TIMEOUT_MS / 60_000} minutes]` : '';
  return {
    command: [...command],
    exitCode: finished.exitCode,
    durationMs: finished.durationMs,
    output: tail(runner.redact(finished.output) + note, MAX_OUTPUT),
  };
}
