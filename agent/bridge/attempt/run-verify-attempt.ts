import type { AttemptResult } from '../../../core/contract/attempt.ts';
import { AttemptFailure } from '../attempt-error.ts';
import { toDisplayPath } from '../git/git-path.ts';
import type { GitWorkspace } from '../git/git-workspace.ts';
import type { Attempt } from './attempt.ts';
import { openRepository } from './open-repository.ts';
import { flagChangedPaths, produceEvidence } from './produce-evidence.ts';

/** Limit of `files` in the contract of the result. */
const MAX_FILES = 500;

/**
 * Runs a `verify` attempt: verifies the merge of a commit with the current root branch, without an agent and without a push. The
 * attempt of a base check verifies exactly the commit, even if its branch has moved.
 */
export async function runVerifyAttempt(
  attempt: Attempt,
  mirrorDir: string | undefined,
): Promise<AttemptResult> {
  const { assignment } = attempt;
  const commit = assignment.repository.verifyCommit;
  if (!commit) {
    throw new AttemptFailure(
      'infra',
      'the assignment of this verify attempt contains no commit to verify',
    );
  }
  const opened = await openRepository(attempt, mirrorDir, [commit]);
  const { workspace } = opened;
  const rootCommit = assignment.plan.purpose === 'base' ? commit : opened.rootCommit;
  const tree = await createMergedTree(workspace, rootCommit, commit);
  attempt.enterPhase('verifying');
  const { evidence, changedPaths } = await produceEvidence(attempt, {
    workspace,
    commit,
    root: rootCommit,
    tree,
    submodules: opened.missingContents.submodules,
  });
  if (!evidence.green) {
    throw new AttemptFailure(
      'verify_red',
      'a set-up or verify command failed on the merge with the root branch',
      { evidence },
    );
  }
  const changed = await workspace.diffCommits(rootCommit, tree);
  return {
    outcome: 'done',
    commit,
    evidence,
    summary: '',
    workLog: [],
    changed: changed.map((change) => toDisplayPath(change.path)),
    leftOut: [],
    uncommitted: [],
    flagged: flagChangedPaths(changedPaths),
    usage: attempt.usageMeter.getUsage(),
  };
}

/** Returns the tree of the merge. If the merge has conflicts, throws an AttemptFailure that lists the files in conflict. */
async function createMergedTree(
  workspace: GitWorkspace,
  root: string,
  commit: string,
): Promise<string> {
  const merge = await workspace.mergeCommits(root, commit);
  if (merge.isClean) return merge.tree;
  const message = merge.messages || 'the commit conflicts with the root branch';
  throw new AttemptFailure('conflict', message, {
    files: merge.files.slice(0, MAX_FILES).map(toDisplayPath),
  });
}
