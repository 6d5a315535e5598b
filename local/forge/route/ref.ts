import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { branchSchema, shaSchema } from '../../../core/contract/id.ts';
import { findBranchWriteViolation, listBranchRules } from '../find-violation.ts';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { listBranches, listCheckedOutBranches, readBranch } from '../git/read-ref.ts';
import { isAncestor } from '../git/relate-commits.ts';
import { updateBranch } from '../git/write-commit.ts';
import { readBody, readParam, selectRequestedPage, sendJson } from '../http.ts';
import { HttpError, notFound, ruleViolation, unprocessable } from '../http-error.ts';
import { handleBranchChange } from '../pull/handle-branch-change.ts';
import type { RefWrite } from '../rules/ref-rules.ts';
import { findRefWriteRefusal } from '../rules/ref-rules.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { toRepositoryApiUrl } from '../wire/repository.ts';

const newRef = z.object({ ref: z.string(), sha: shaSchema });
const movedRef = z.object({ sha: shaSchema, force: z.boolean().default(false) });

export function addRefRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/git/ref/:ref{.+}', (c) => {
    const { repository, branch } = parseRefParam(c);
    const sha = readBranch(repository.git_dir, branch);
    if (sha === undefined) throw createMissingRefError(repository);
    return sendJson(c, toRefJson(context, repository, branch, sha));
  });
  app.get('/repos/:owner/:repo/git/matching-refs/:ref{.*}', (c) => {
    const { repository, branch } = parseRefParam(c);
    const refs = selectRequestedPage(c, listBranches(repository.git_dir, branch));
    return sendJson(
      c,
      refs.map(({ name, sha }) => toRefJson(context, repository, name, sha)),
    );
  });
  app.post('/repos/:owner/:repo/git/refs', async (c) => {
    const { ref, sha } = await readBody(c, newRef);
    const branch = requireBranchName(ref);
    await writeBranch(context, c, branch, sha, 'create');
    return sendJson(c, toRefJson(context, c.get('repository'), branch, sha), 201);
  });
  app.patch('/repos/:owner/:repo/git/refs/:ref{.+}', async (c) => {
    const { branch } = parseRefParam(c);
    const { sha, force } = await readBody(c, movedRef);
    await writeBranch(context, c, branch, sha, force ? 'force' : 'move');
    return sendJson(c, toRefJson(context, c.get('repository'), branch, sha));
  });
  app.delete('/repos/:owner/:repo/git/refs/:ref{.+}', async (c) => {
    await writeBranch(context, c, parseRefParam(c).branch, undefined, 'delete');
    return c.body(null, 204);
  });
  app.get('/repos/:owner/:repo/branches', (c) => {
    const repository = c.get('repository');
    const branches = selectRequestedPage(c, listBranches(repository.git_dir));
    return sendJson(
      c,
      branches.map(({ name, sha }) => ({ name, commit: { sha }, protected: false })),
    );
  });
  app.get('/repos/:owner/:repo/branches/:branch{.+}', (c) => {
    const repository = c.get('repository');
    const name = readParam(c, 'branch');
    const sha = readBranch(repository.git_dir, name);
    if (sha === undefined) throw new HttpError(404, 'Branch not found', { status: '404' });
    const isProtected = listBranchRules(context, repository, name).length > 0;
    return sendJson(c, { name, commit: { sha }, protected: isProtected });
  });
}

async function writeBranch(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  branch: string,
  sha: string | undefined,
  write: RefWrite,
): Promise<void> {
  const repository = c.get('repository');
  const { login } = c.get('caller');
  const before = await context.lock(repository.id, () =>
    writeBranchUnderLock(context, repository, branch, sha, write),
  );
  await handleBranchChange(context, repository, { branch, before, after: sha }, login);
}

/**
 * Writes a branch (`sha` undefined: deletion) and returns the head before the write. The caller holds the repository's lock.
 */
async function writeBranchUnderLock(
  context: ForgeContext,
  repository: RepositoryRow,
  branch: string,
  sha: string | undefined,
  write: RefWrite,
): Promise<string | undefined> {
  const git = context.openGit(repository);
  const before = readBranch(git.gitDir, branch);
  const targetIsCommit = sha === undefined || (await git.objects.readInfo(sha))?.type === 'commit';
  const isMove = targetIsCommit && sha !== undefined && before !== undefined;
  const directWrite = write === 'create' || write === 'delete' ? write : 'update';
  const refusal = findRefWriteRefusal(write, {
    branch,
    before,
    targetIsCommit,
    violation: findBranchWriteViolation(context, repository, branch, directWrite),
    isCheckedOut: listCheckedOutBranches(git.gitDir, repository.bare).has(branch),
    isFastForward: isMove && (await isAncestor(git, before, sha)),
  });
  if (refusal?.isRuleViolation) throw ruleViolation(refusal.message);
  if (refusal !== undefined) throw unprocessable(refusal.message);
  const result = before === sha ? 'done' : await updateBranch(git, branch, before, sha);
  if (result === 'clash') throw unprocessable('Reference update failed');
  if (result === 'changed') throw new HttpError(409, 'Reference update failed', { status: '409' });
  return before;
}

function toRefJson(context: ForgeContext, repository: RepositoryRow, branch: string, sha: string) {
  const api = toRepositoryApiUrl(context, repository);
  return {
    ref: `refs/heads/${branch}`,
    node_id: `REF_${branch}`,
    url: `${api}/git/refs/heads/${encodePath(branch)}`,
    object: { type: 'commit', sha, url: `${api}/git/commits/${sha}` },
  };
}

/** Encodes each part of a branch name for a URL. */
function encodePath(branch: string): string {
  return branch.split('/').map(encodeURIComponent).join('/');
}

/** Returns the branch that the path names. Throws an HttpError 404 for tags and other references, which this forge lacks. */
function parseRefParam(c: Context<ForgeEnv>): {
  readonly repository: RepositoryRow;
  readonly branch: string;
} {
  const ref = readParam(c, 'ref');
  if (!ref.startsWith('heads/')) throw notFound();
  return { repository: c.get('repository'), branch: ref.slice('heads/'.length) };
}

function requireBranchName(ref: string): string {
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  if (branch === undefined || !branchSchema.safeParse(branch).success) {
    throw unprocessable(`${ref} is not a valid ref name.`);
  }
  return branch;
}

/** Creates the error for a missing reference: 404, or 409 in an empty repository, as on GitHub. */
function createMissingRefError(repository: RepositoryRow): HttpError {
  if (listBranches(repository.git_dir).length > 0) return notFound();
  return new HttpError(409, 'Git Repository is empty.', { status: '409' });
}
