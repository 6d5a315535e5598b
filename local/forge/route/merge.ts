import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { findBranchWriteViolation } from '../find-violation.ts';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { listCheckedOutBranches, readBranch } from '../git/read-ref.ts';
import { isAncestor, mergeTrees } from '../git/relate-commits.ts';
import { updateBranch, writeCommit } from '../git/write-commit.ts';
import { readBody, sendJson } from '../http.ts';
import { HttpError, ruleViolation } from '../http-error.ts';
import { toGitAuthor } from '../pull/git-author.ts';
import { handleBranchChange } from '../pull/handle-branch-change.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { toCommitJson } from '../wire/commit.ts';
import { toRepositoryApiUrl } from '../wire/repository.ts';
import { findCommit } from './commit.ts';

const branchMerge = z.object({
  base: z.string().min(1),
  head: z.string().min(1),
  commit_message: z.string().optional(),
});
type BranchMerge = z.infer<typeof branchMerge>;

/** Adds the route that merges a branch or commit into a branch without a pull request. */
export function addMergeRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.post('/repos/:owner/:repo/merges', async (c) => {
    const merge = await readBody(c, branchMerge);
    const repository = c.get('repository');
    const { login } = c.get('caller');
    const result = await context.lock(repository.id, () =>
      mergeUnderLock(context, repository, merge, login),
    );
    if (result.after === undefined) return c.body(null, 204);
    const change = { branch: merge.base, before: result.before, after: result.after };
    await handleBranchChange(context, repository, change, login);
    return sendMerge(context, c, result.after);
  });
}

async function sendMerge(context: ForgeContext, c: Context<ForgeEnv>, sha: string) {
  const repository = c.get('repository');
  const commit = await findCommit(context.openGit(repository), sha);
  if (commit === undefined)
    throw new Error(
      `The forge cannot read the merge commit ${sha} that it created in ${repository.name}.`,
    );
  return sendJson(c, toCommitJson(toRepositoryApiUrl(context, repository), commit), 201);
}

/**
 * Merges a branch or commit into a branch, and returns the heads of that branch before and after. `after` undefined: the
 * branch already contains the commit. The caller holds the repository's lock.
 */
async function mergeUnderLock(
  context: ForgeContext,
  repository: RepositoryRow,
  merge: BranchMerge,
  login: string,
): Promise<{ readonly before: string; readonly after: string | undefined }> {
  const git = context.openGit(repository);
  const before = readBranch(git.gitDir, merge.base);
  if (before === undefined) throw createMissingBranchError('Base');
  const head = await findCommit(git, merge.head);
  if (head === undefined) throw createMissingBranchError('Head');
  if (await isAncestor(git, head.sha, before)) return { before, after: undefined };
  const violation = findBranchWriteViolation(context, repository, merge.base, 'update');
  if (violation !== undefined) throw ruleViolation(violation);
  if (listCheckedOutBranches(git.gitDir, repository.bare).has(merge.base)) {
    throw ruleViolation(`The branch ${merge.base} is checked out in a work tree.`);
  }
  const merged = await mergeTrees(git, before, head.sha);
  if (merged?.kind !== 'clean') throw new HttpError(409, 'Merge conflict', { status: '409' });
  const after = await writeCommit(git, {
    tree: merged.tree,
    parents: [before, head.sha],
    message: merge.commit_message ?? `Merge ${merge.head} into ${merge.base}`,
    author: toGitAuthor(login),
    committedAt: context.now(),
  });
  if ((await updateBranch(git, merge.base, before, after)) !== 'done') {
    throw new HttpError(409, 'Reference update failed', { status: '409' });
  }
  return { before, after };
}

function createMissingBranchError(role: string): HttpError {
  return new HttpError(404, `${role} does not exist`, { status: '404' });
}
