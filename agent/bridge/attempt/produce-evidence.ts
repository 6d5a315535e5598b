import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Flag } from '../../../core/contract/flag.ts';
import type { CommandResult, Evidence } from '../../../core/contract/task.ts';
import { CheckoutHash } from '../git/checkout-hash.ts';
import { toDisplayPath } from '../git/git-path.ts';
import type { GitWorkspace } from '../git/git-workspace.ts';
import { explainWithSubmodules } from '../git/inspect-tree.ts';
import { buildChildEnvironment } from '../host/attempt-folders.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { Redact } from '../host/redactor.ts';
import { keepEnd } from '../host/redactor.ts';
import type { Sandbox } from '../host/sandbox.ts';
import type { Attempt } from './attempt.ts';
import type { VerifyPlace } from './verify-place.ts';
import { createVerifyPlace, removeVerifyPlace } from './verify-place.ts';

// Produces evidence: the results of the set-up and verify commands in a fresh checkout with a fresh HOME and TMPDIR. The agent and all
// its processes must have ended.

const MAX_OUTPUT_CHARS = 8_192;
/** Maximum number of files that are flagged because they changed during verification. */
const MAX_FLAGGED = 20;
/** Time after which one command is killed, milliseconds. */
const COMMAND_TIMEOUT_MS = 30 * 60_000;
/** Wait before the first command of a repeated verification, milliseconds. Only a foreign process can change files in this time. */
const QUIET_MS = 1_000;

/** Objects and settings to run set-up and verify commands. */
export type CommandRunner = {
  readonly processes: ProcessTable;
  readonly sandbox: Sandbox;
  readonly env: Readonly<Record<string, string>>;
  readonly redact: Redact;
  readonly signal: AbortSignal;
};

/** Commit to verify. */
export type EvidenceOptions = {
  readonly workspace: GitWorkspace;
  /** Commit of the task, for which the evidence is produced. */
  readonly commit: string;
  /** Newest root commit that the verified tree contains. */
  readonly root: string;
  /** Tree to check out, such as a merge of `commit` and `root`. Default: the tree of `commit`. */
  readonly tree?: string;
  /** Folders of submodules, which are empty in the checkout. */
  readonly submodules: readonly string[];
};

/** Evidence, and the files of the verified tree that changed while the verify commands ran. */
export type Verification = {
  readonly evidence: Evidence;
  /** Paths in display form. */
  readonly changedPaths: readonly string[];
};

/**
 * Runs set-up and verify of the assignment. The evidence is green if all commands succeed. Throws only if the attempt stops, git fails,
 * or the checkout differs from the tree.
 */
export async function produceEvidence(
  attempt: Attempt,
  options: EvidenceOptions,
): Promise<Verification> {
  const { commit, root, workspace } = options;
  const tree = options.tree ?? (await workspace.readVerifiedTree(commit));
  if (attempt.assignment.verify.length === 0) {
    const empty = { green: true, empty: true, results: [], at: Date.now() };
    return { evidence: { commit, root, tree, ...empty }, changedPaths: [] };
  }
  const first = await verifyTree(attempt, options, tree);
  if (first.changedPaths.length === 0 || first.evidence.isolation !== 'processes') return first;
  // A verify command that changes files does so again. A change that happens only once came from another process.
  return verifyTree(attempt, options, tree, QUIET_MS);
}

/** Flags files that changed while the verify commands ran, because the evidence may not hold for the committed contents. */
export function flagChangedPaths(paths: readonly string[]): Flag[] {
  const why = 'changed while the verify commands ran, in two runs';
  return paths.slice(0, MAX_FLAGGED).map((path) => ({ path, why, kind: 'changed_during_verify' }));
}

/**
 * Verifies a tree in a new place.
 *
 * @param quietMs time before the first command in which no file may change, milliseconds
 */
async function verifyTree(
  attempt: Attempt,
  { commit, root, workspace, submodules }: EvidenceOptions,
  tree: string,
  quietMs = 0,
): Promise<Verification> {
  const { processes, folders, signal } = attempt;
  const factory = await attempt.getSandboxFactory();
  const { isolation } = factory;
  const place = await createVerifyPlace(folders);
  const sandbox = await factory.create();
  try {
    await workspace.checkoutTreeInto(tree, commit, place.source, join(place.root, 'index'));
    const checkout = await CheckoutHash.open(
      {
        processes,
        gitDir: folders.git,
        source: place.source,
        indexFile: join(place.root, 'hash-index'),
        signal,
      },
      tree,
    );
    await delay(quietMs);
    await checkout.requireUnchanged();
    const finished = await runCommands(attempt, place, checkout, sandbox);
    const results = addNoteToFailure(finished.results, explainWithSubmodules(submodules));
    const { changedPaths } = finished;
    const green = results.every((result) => result.exitCode === 0);
    const at = Date.now();
    const evidence = { commit, root, tree, isolation, green, empty: false, results, at };
    return { evidence, changedPaths: isolation === 'processes' ? changedPaths : [] };
  } finally {
    await sandbox.end();
    await removeVerifyPlace(place);
  }
}

/**
 * Runs the commands up to the first failure, and then ends all processes that the commands left. Returns the results of the verify
 * commands, or only the failed set-up command.
 */
async function runCommands(
  attempt: Attempt,
  place: VerifyPlace,
  checkout: CheckoutHash,
  sandbox: Sandbox,
) {
  const { assignment, processes } = attempt;
  const env = buildChildEnvironment(place, assignment.env, processes);
  const runner = attempt.createCommandRunner(sandbox, env);
  for (const command of assignment.setup) {
    const result = await runCommand(runner, command, place.source);
    attempt.transcript.addEntry('bridge', describeDuration('verification, set-up', result));
    if (result.exitCode !== 0) return { results: [result], changedPaths: [] };
  }
  const treeBefore = await checkout.computeTree();
  const results: CommandResult[] = [];
  for (const command of assignment.verify) {
    const result = await runCommand(runner, command, place.source);
    attempt.transcript.addEntry('bridge', describeDuration('verification', result));
    results.push(result);
    if (result.exitCode !== 0) break;
  }
  await sandbox.end();
  await processes.endAll(attempt.folders.root);
  const changedPaths = await listChangedPaths(checkout, treeBefore);
  return { results, changedPaths };
}

async function listChangedPaths(
  checkout: CheckoutHash,
  treeBefore: string | undefined,
): Promise<string[]> {
  const treeAfter = await checkout.computeTree();
  if (treeAfter === treeBefore) return [];
  if (treeAfter === undefined || treeBefore === undefined) return ['.'];
  return (await checkout.listDifferences(treeBefore, treeAfter)).map(toDisplayPath);
}

/** Appends a note to the output of the failed command. */
function addNoteToFailure(results: readonly CommandResult[], note: string): CommandResult[] {
  return results.map((result) =>
    result.exitCode === 0
      ? result
      : { ...result, output: keepEnd(result.output + note, MAX_OUTPUT_CHARS) },
  );
}

/** Describes how long a command ran, for the transcript: without this, set-up and verification look like idle time. */
export function describeDuration(
  step: string,
  { command, exitCode, durationMs }: CommandResult,
): string {
  const outcome = exitCode === 0 ? 'took' : 'failed after';
  const seconds = durationMs < 950 ? 'less than 1 s' : `${Math.round(durationMs / 1_000)} s`;
  return `${step}: \`${command.join(' ')}\` ${outcome} ${seconds}`;
}

/** Runs one set-up or verify command. The result contains the end of the output, with secrets removed. */
export async function runCommand(
  runner: CommandRunner,
  command: readonly string[],
  cwd: string,
): Promise<CommandResult> {
  const { sandbox, env } = runner;
  const finished = await runner.processes.run(sandbox.wrap(command, cwd, env.PATH ?? ''), {
    cwd,
    env: { ...env },
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
