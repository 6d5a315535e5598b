import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { branchSchema, shaSchema } from '../../../core/contract/id.ts';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { checkedOutBranches, listBranches, readBranch } from '../git/read-ref.ts';
import { isAncestor } from '../git/relate-commits.ts';
import { updateBranch } from '../git/write-commit.ts';
import { json, param, readBody, takePageOfAll } from '../http.ts';
import { notFound, Problem, ruleViolation, unprocessable } from '../problem.ts';
import { afterBranchChange } from '../pull/branch-change.ts';
import { refuseWrite, rulesOf } from '../rule.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { repositoryUrl } from '../wire/repository.ts';

const newRef = z.object({ ref: z.string(), sha: shaSchema });
const movedRef = z.object({ sha: shaSchema, force: z.boolean().default(false) });

export function addRefRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/git/ref/:ref{.+}', (c) => {
    const { repository, branch } = named(c);
    const sha = readBranch(repository.git_dir, branch);
    if (sha === undefined) throw emptyOr(repository, notFound());
    return json(c, wireRef(context, repository, branch, sha));
  });
  app.get('/repos/:owner/:repo/git/matching-refs/:ref{.*}', (c) => {
    const { repository, branch } = named(c);
    const refs = takePageOfAll(c, listBranches(repository.git_dir, branch));
    return json(
      c,
      refs.map(({ name, sha }) => wireRef(context, repository, name, sha)),
    );
  });
  app.post('/repos/:owner/:repo/git/refs', async (c) => {
    const { ref, sha } = await readBody(c, newRef);
    const branch = branchOf(ref);
    await write(context, c, branch, sha, 'create');
    return json(c, wireRef(context, c.get('repository'), branch, sha), 201);
  });
  app.patch('/repos/:owner/:repo/git/refs/:ref{.+}', async (c) => {
    const { branch } = named(c);
    const { sha, force } = await readBody(c, movedRef);
    await write(context, c, branch, sha, force ? 'force' : 'move');
    return json(c, wireRef(context, c.get('repository'), branch, sha));
  });
  app.delete('/repos/:owner/:repo/git/refs/:ref{.+}', async (c) => {
    await write(context, c, named(c).branch, undefined, 'delete');
    return c.body(null, 204);
  });
  app.get('/repos/:owner/:repo/branches', (c) => {
    const repository = c.get('repository');
    const branches = takePageOfAll(c, listBranches(repository.git_dir));
    return json(
      c,
      branches.map(({ name, sha }) => ({ name, commit: { sha }, protected: false })),
    );
  });
  app.get('/repos/:owner/:repo/branches/:branch{.+}', (c) => {
    const repository = c.get('repository');
    const name = param(c, 'branch');
    const sha = readBranch(repository.git_dir, name);
    if (sha === undefined) throw new Problem(404, 'Branch not found', { status: '404' });
    const isProtected = rulesOf(context, repository, name).length > 0;
    return json(c, { name, commit: { sha }, protected: isProtected });
  });
}

type Action = 'create' | 'move' | 'force' | 'delete';

async function write(
  context: ForgeContext,
  c: Context<ForgeEnv>,
  branch: string,
  sha: string | undefined,
  action: Action,
): Promise<void> {
  const repository = c.get('repository');
  const { login } = c.get('caller');
  const before = await context.lock(repository.id, () =>
    writeLocked(context, repository, branch, sha, action),
  );
  await afterBranchChange(context, repository, { branch, before, after: sha }, login);
}

/** Returns where the branch stood. */
async function writeLocked(
  context: ForgeContext,
  repository: RepositoryRow,
  branch: string,
  sha: string | undefined,
  action: Action,
): Promise<string | undefined> {
  const git = context.git(repository);
  const before = readBranch(git.gitDir, branch);
  if (action === 'create' && before !== undefined) {
    throw unprocessable('Reference already exists');
  }
  if (action !== 'create' && before === undefined) {
    throw unprocessable('Reference does not exist');
  }
  if (sha !== undefined && (await git.objects.info(sha))?.type !== 'commit') {
    throw unprocessable('Object does not exist');
  }
  const rule = action === 'create' || action === 'delete' ? action : 'update';
  const broken = refuseWrite(context, repository, branch, rule);
  if (broken !== undefined) throw ruleViolation(broken);
  if (checkedOutBranches(git.gitDir, repository.bare).has(branch)) {
    throw ruleViolation(`The branch ${branch} is checked out in a work tree.`);
  }
  const forward =
    action !== 'move' ||
    before === undefined ||
    sha === undefined ||
    (await isAncestor(git, before, sha));
  if (!forward) throw unprocessable('Update is not a fast forward');
  const result = before === sha ? 'done' : await updateBranch(git, branch, before, sha);
  if (result === 'clash') throw unprocessable('Reference update failed');
  if (result === 'changed') throw new Problem(409, 'Reference update failed', { status: '409' });
  return before;
}

function wireRef(context: ForgeContext, repository: RepositoryRow, branch: string, sha: string) {
  const api = repositoryUrl(context, repository);
  return {
    ref: `refs/heads/${branch}`,
    node_id: `REF_${branch}`,
    url: `${api}/git/refs/heads/${branch}`,
    object: { type: 'commit', sha, url: `${api}/git/commits/${sha}` },
  };
}

/** Only branches are kept here. */
function named(c: Context<ForgeEnv>): {
  readonly repository: RepositoryRow;
  readonly branch: string;
} {
  const ref = param(c, 'ref');
  if (!ref.startsWith('heads/')) throw notFound();
  return { repository: c.get('repository'), branch: ref.slice('heads/'.length) };
}

function branchOf(ref: string): string {
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  if (branch === undefined || !branchSchema.safeParse(branch).success) {
    throw unprocessable(`${ref} is not a valid ref name.`);
  }
  return branch;
}

function emptyOr(repository: RepositoryRow, problem: Problem): Problem {
  if (listBranches(repository.git_dir).length > 0) return problem;
  return new Problem(409, 'Git Repository is empty.', { status: '409' });
}
