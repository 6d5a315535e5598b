import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { checkedOutBranches, readBranch } from '../git/read-ref.ts';
import { isAncestor, mergeTrees } from '../git/relate-commits.ts';
import { updateBranch, writeCommit } from '../git/write-commit.ts';
import { json, readBody } from '../http.ts';
import { Problem, ruleViolation } from '../problem.ts';
import { afterBranchChange } from '../pull/branch-change.ts';
import { personOf } from '../pull/person.ts';
import { refuseWrite } from '../rule.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { wireCommit } from '../wire/commit.ts';
import { repositoryUrl } from '../wire/repository.ts';
import { findCommit } from './commit.ts';

const branchMerge = z.object({
  base: z.string().min(1),
  head: z.string().min(1),
  commit_message: z.string().optional(),
});
type BranchMerge = z.infer<typeof branchMerge>;

/** Merging a commit or branch into a branch, without a pull request. */
export function addMergeRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.post('/repos/:owner/:repo/merges', async (c) => {
    const asked = await readBody(c, branchMerge);
    const repository = c.get('repository');
    const { login } = c.get('caller');
    const result = await context.lock(repository.id, () =>
      mergeLocked(context, repository, asked, login),
    );
    if (result.after === undefined) return c.body(null, 204);
    const change = { branch: asked.base, before: result.before, after: result.after };
    await afterBranchChange(context, repository, change, login);
    return sendMerge(context, c, result.after);
  });
}

async function sendMerge(context: ForgeContext, c: Context<ForgeEnv>, sha: string) {
  const repository = c.get('repository');
  const commit = await findCommit(context.git(repository), sha);
  if (commit === undefined) throw new Error(`the merge ${sha} is gone`);
  return json(c, wireCommit(repositoryUrl(context, repository), commit), 201);
}

/** `after` undefined: base has all of head already. */
async function mergeLocked(
  context: ForgeContext,
  repository: RepositoryRow,
  asked: BranchMerge,
  login: string,
): Promise<{ readonly before: string; readonly after: string | undefined }> {
  const git = context.git(repository);
  const before = readBranch(git.gitDir, asked.base);
  if (before === undefined) throw missing('Base');
  const head = await findCommit(git, asked.head);
  if (head === undefined) throw missing('Head');
  if (await isAncestor(git, head.sha, before)) return { before, after: undefined };
  const broken = refuseWrite(context, repository, asked.base, 'update');
  if (broken !== undefined) throw ruleViolation(broken);
  if (checkedOutBranches(git.gitDir, repository.bare).has(asked.base)) {
    throw ruleViolation(`The branch ${asked.base} is checked out in a work tree.`);
  }
  const merged = await mergeTrees(git, before, head.sha);
  if (merged?.kind !== 'clean') throw new Problem(409, 'Merge conflict', { status: '409' });
  const after = await writeCommit(git, {
    tree: merged.tree,
    parents: [before, head.sha],
    message: asked.commit_message ?? `Merge ${asked.head} into ${asked.base}`,
    author: personOf(login),
    at: context.now(),
  });
  if ((await updateBranch(git, asked.base, before, after)) !== 'done') {
    throw new Problem(409, 'Reference update failed', { status: '409' });
  }
  return { before, after };
}

function missing(side: string): Problem {
  return new Problem(404, `${side} does not exist`, { status: '404' });
}
