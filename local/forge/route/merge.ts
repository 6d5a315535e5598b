import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { findBranchWriteViolation } from '../find-violation.ts';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { listCheckedOutBranches, readBranch } from '../git/read-ref.ts';
import { isAncestor, mergeTrees } from '../git/relate-commits.ts';
import { updateBranch, writeCommit } from '../git/write-commit.ts';
import { json, readBody } from '../http.ts';
import { HttpError, ruleViolation } from '../http-error.ts';
import { toGitPerson } from '../pull/git-person.ts';
import { handleBranchChange } from '../pull/handle-branch-change.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { toCommitJson } from '../wire/commit.ts';
import { repositoryUrl } from '../wire/repository.ts';
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
      mergeLocked(context, repository, merge, login),
    );
    if (result.after === undefined) return c.body(null, 204);
    const change = { branch: merge.base, before: result.before, after: result.after };
    await handleBranchChange(context, repository, change, login);
    return sendMerge(context, c, result.after);
  });
}

async function sendMerge(context: ForgeContext, c: Context<ForgeEnv>, sha: string) {
  const repository = c.get('repository');
  const commit = await findCommit(context.git(repository), sha);
  if (commit === undefined) throw new Error(`The merge commit ${sha} cannot be read.`);
  return json(c, toCommitJson(repositoryUrl(context, repository), commit), 201);
}

/** Merges under the repository's lock. `after` undefined: base already contains head. */
async function mergeLocked(
  context: ForgeContext,
  repository: RepositoryRow,
  merge: BranchMerge,
  login: string,
): Promise<{ readonly before: string; readonly after: string | undefined }> {
  const git = context.git(repository);
  const before = readBranch(git.gitDir, merge.base);
  if (before === undefined) throw sideMissing('Base');
  const head = await findCommit(git, merge.head);
  if (head === undefined) throw sideMissing('Head');
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
    author: toGitPerson(login),
    at: context.now(),
  });
  if ((await updateBranch(git, merge.base, before, after)) !== 'done') {
    throw new HttpError(409, 'Reference update failed', { status: '409' });
  }
  return { before, after };
}

function sideMissing(side: string): HttpError {
  return new HttpError(404, `${side} does not exist`, { status: '404' });
}
