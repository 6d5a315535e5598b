import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandResult, Evidence } from '../../../core/contract/task.ts';
import type { GitWorkspace } from '../git/git-workspace.ts';
import type { AttemptFolders } from '../host/attempt-folders.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { Redact } from '../host/redactor.ts';
import { keepEnd } from '../host/redactor.ts';

// Evidence: set-up and verify run on exactly one tree, in a checkout that nobody has touched.

const MAX_OUTPUT_CHARS = 8_192;
/** One command may take this long, milliseconds. */
const COMMAND_TIMEOUT_MS = 30 * 60_000;

export type CommandRunner = {
  readonly processes: ProcessTable;
  readonly folders: AttemptFolders;
  readonly childEnv: Record<string, string>;
  readonly redact: Redact;
  readonly signal: AbortSignal;
};

export type EvidenceOptions = CommandRunner & {
  readonly workspace: GitWorkspace;
  readonly setup: readonly string[][];
  readonly verifyWork: readonly string[][];
  /** What is said to be green or red. */
  readonly commit: string;
  /** The root commit that it contains, or was merged with. */
  readonly root: string;
  /** Default: the commit's own. A merge of the two has another. */
  readonly tree?: string;
};

let checkoutCount = 0;

export async function produceEvidence(options: EvidenceOptions): Promise<Evidence> {
  const { commit, root } = options;
  if (options.verifyWork.length === 0) {
    return { commit, root, green: true, empty: true, results: [], at: Date.now() };
  }
  checkoutCount += 1;
  const folder = join(options.folders.verify, String(checkoutCount));
  const index = join(options.folders.git, `verify-index-${checkoutCount}`);
  await mkdir(folder);
  try {
    await options.workspace.checkoutTreeInto(options.tree ?? commit, commit, folder, index);
    const results = await runCommands(options, folder);
    const green = results.every((result) => result.exitCode === 0);
    return { commit, root, green, empty: false, results, at: Date.now() };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(index, { force: true });
  }
}

/** Stops at the first that fails. A set-up command is in the results only when it failed. */
async function runCommands(options: EvidenceOptions, folder: string): Promise<CommandResult[]> {
  for (const command of options.setup) {
    const result = await runCommand(options, command, folder);
    if (result.exitCode !== 0) return [result];
  }
  const results: CommandResult[] = [];
  for (const command of options.verifyWork) {
    const result = await runCommand(options, command, folder);
    results.push(result);
    if (result.exitCode !== 0) break;
  }
  return results;
}

/** One set-up or verify command; the end of its output, without secrets. */
export async function runCommand(
  runner: CommandRunner,
  command: readonly string[],
  cwd: string,
): Promise<CommandResult> {
  const finished = await runner.processes.run(command, {
    cwd,
    env: runner.childEnv,
    signal: runner.signal,
    timeoutMs: COMMAND_TIMEOUT_MS,
    keep: 'tail',
    maxBytes: MAX_OUTPUT_CHARS * 2,
  });
  const note = finished.timedOut ? `\n[stopped after ${COMMAND_TIMEOUT_MS / 60_000} minutes]` : '';
  return {
    command: [...command],
    exitCode: finished.exitCode,
    durationMs: finished.durationMs,
    output: keepEnd(runner.redact(finished.output) + note, MAX_OUTPUT_CHARS),
  };
}
