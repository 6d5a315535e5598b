import type { AttemptResult } from '../../core/contract/attempt.ts';
import type { Attempt } from './attempt.ts';
import { AttemptFailure } from './attempt-end.ts';
import type { GitWorkspace } from './git-workspace.ts';
import { openRepository } from './open-repository.ts';
import { makeEvidence } from './verify.ts';

/** New evidence for a commit merged with the root branch as it is now: no agent, nothing is pushed. */
export async function runVerifyAttempt(
  attempt: Attempt,
  mirrorDir: string | undefined,
): Promise<AttemptResult> {
  const { assignment } = attempt;
  const commit = assignment.repository.verifyCommit;
  if (!commit) throw new AttemptFailure('infra', 'the assignment names no commit to verify');
  const { workspace, root } = await openRepository(attempt, mirrorDir, [commit]);
  const tree = await mergedTree(workspace, root, commit);
  attempt.enter('verifying');
  const evidence = await makeEvidence({
    ...attempt.runner,
    workspace,
    setup: assignment.setup,
    verify: assignment.verify,
    commit,
    root,
    tree,
  });
  if (!evidence.green) {
    throw new AttemptFailure('verify_red', 'verification of the merge is red', { evidence });
  }
  const changed = await workspace.diff(root, tree);
  return {
    outcome: 'done',
    commit,
    evidence,
    summary: '',
    workLog: [],
    changed: changed.map((change) => change.path),
    leftOut: [],
    flagged: [],
    usage: attempt.meter.usage(),
  };
}

async function mergedTree(workspace: GitWorkspace, root: string, commit: string): Promise<string> {
  const merge = await workspace.merge(root, commit);
  if (merge.clean) return merge.tree;
  throw new AttemptFailure('conflict', merge.messages || 'it does not merge with the root branch', {
    files: merge.files.slice(0, 500),
  });
}
