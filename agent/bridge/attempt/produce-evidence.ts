import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandResult, Evidence } from '../../../core/contract/task.ts';
import type { GitWorkspace } from '../git/git-workspace.ts';
import type { AttemptFolders } from '../host/attempt-folders.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { Redact } from '../host/redactor.ts';
import { keepEnd } from '../host/redactor.ts';

// Produces evidence: the results of the set-up and verify commands in a clean checkout.

const MAX_OUTPUT_CHARS = 8_192;
/** Time after which one command is killed, milliseconds. */
const COMMAND_TIMEOUT_MS = 30 * 60_000;

/** Objects and settings to run set-up and verify commands. */
export type CommandRunner = {
  readonly processes: ProcessTable;
  readonly folders: AttemptFolders;
  readonly childEnv: Record<string, string>;
  readonly redact: Redact;
  readonly signal: AbortSignal;
};

/** Commit to verify, and the commands to run. */
export type EvidenceOptions = CommandRunner & {
  readonly workspace: GitWorkspace;
  /** Commands that prepare a checkout; each is a program with its arguments. */
  readonly setup: readonly string[][];
  /** Commands that must exit with code 0. An empty list gives green evidence that is marked as empty. */
  readonly verify: readonly string[][];
  /** Commit of the task, for which the evidence is produced. */
  readonly commit: string;
  /** Newest root commit that the verified tree contains. */
  readonly root: string;
  /** Tree to check out, such as a merge of `commit` and `root`. Default: the tree of `commit`. */
  readonly tree?: string;
};

let checkoutCount = 0;

/**
 * Runs set-up and verify in a clean checkout. Returns green evidence if all commands succeed, and red evidence otherwise. Throws only
 * if the attempt stops or git fails.
 */
export async function produceEvidence(options: EvidenceOptions): Promise<Evidence> {
  const { commit, root } = options;
  if (options.verify.length === 0) {
    return { commit, root, green: true, empty: true, results: [], at: Date.now() };
  }
  checkoutCount += 1;
  const folder = join(options.folders.verify, String(checkoutCount));
  const indexFile = join(options.folders.git, `verify-index-${checkoutCount}`);
  await mkdir(folder);
  try {
    await options.workspace.checkoutTreeInto(options.tree ?? commit, commit, folder, indexFile);
    const results = await runCommands(options, folder);
    const green = results.every((result) => result.exitCode === 0);
    return { commit, root, green, empty: false, results, at: Date.now() };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(indexFile, { force: true });
  }
}

/** Runs the commands up to the first failure. Returns the results of the verify commands, or only the failed set-up command. */
async function runCommands(options: EvidenceOptions, folder: string): Promise<CommandResult[]> {
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

/** Runs one set-up or verify command. The result contains the end of the output, with secrets removed. */
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
    overflow: 'tail',
    maxChars: MAX_OUTPUT_CHARS * 2,
  });
  const note = finished.hasTimedOut
    ? `\n[killed after ${COMMAND_TIMEOUT_MS / 60_000} minutes]`
    : '';
  return {
    command: [...command],
    exitCode: finished.exitCode,
    durationMs: finished.durationMs,
    output: keepEnd(runner.redact(finished.output) + note, MAX_OUTPUT_CHARS),
  };
}
