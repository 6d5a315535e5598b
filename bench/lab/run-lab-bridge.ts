import type { Assignment, AttemptResult } from '../../core/contract/attempt.ts';
import { parseAttemptId } from '../../core/contract/id.ts';
import { acceptResult } from '../../core/engine/attempt/attempt-callbacks.ts';
import { issueAttemptCredentials, startAttempt } from '../../core/engine/attempt/start-attempt.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import type { BenchForge } from './bench-forge.ts';

const MODEL = { baseUrl: 'http://127.0.0.1:1', apiKey: 'none' };
const USAGE = { inputTokens: 40_000, outputTokens: 4_000, usd: 0.1, turns: 12 };
const COMMAND = ['npm', 'test'];
/** Summary of an attempt, of typical length. */
const SUMMARY =
  'The parser accepts comments now. Each comment stays with the token that follows, so that printing gives the same text back. Tests cover nested, unfinished and empty comments.';

/** Calls the control plane like a bridge whose agent changes a single file; `work` simulates the agent. */
export async function runLabBridge(
  createDeps: () => EngineDeps,
  forge: BenchForge,
  attemptId: string,
  work: () => Promise<void>,
): Promise<void> {
  const attempt = parseAttemptId(attemptId);
  if (attempt === undefined) throw new Error(`the pod has a malformed attempt id: ${attemptId}`);
  const assignment = await startAttempt(createDeps(), attempt);
  await issueAttemptCredentials(createDeps(), MODEL, attempt);
  await work();
  await acceptResult(createDeps(), attempt, createAttemptResult(forge, assignment, attempt.task));
}

function createAttemptResult(
  forge: BenchForge,
  assignment: Assignment,
  task: string,
): AttemptResult {
  const { repository, kind } = assignment;
  const root = forge.findHead(repository.rootBranch) ?? repository.root;
  const path = `src/${task}.ts`;
  const changesFiles = kind !== 'verify';
  const commit = changesFiles
    ? forge.createCommit(root, [path])
    : (repository.verifyCommit ?? root);
  if (changesFiles) forge.pushBranch(repository.branch, commit);
  return {
    outcome: 'done',
    commit,
    evidence: {
      commit,
      root,
      green: true,
      empty: false,
      results: [{ command: COMMAND, exitCode: 0, durationMs: 3_000, output: '24 tests passed' }],
      at: 0,
    },
    summary: SUMMARY,
    workLog: ['Read the parser', 'Accepted comments', 'Wrote tests'],
    changed: changesFiles ? [path] : [],
    leftOut: [],
    uncommitted: [],
    flagged: [],
    usage: USAGE,
  };
}
