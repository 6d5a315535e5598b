import type { Attempt } from './attempt.ts';
import { AttemptFailure } from './attempt-end.ts';
import { ForgeBranch } from './forge-branch.ts';
import { createGit } from './git.ts';
import { GitWorkspace } from './git-workspace.ts';
import { LFS_NOTE } from './lfs.ts';
import { refreshMirror } from './mirror.ts';

export type OpenRepository = {
  workspace: GitWorkspace;
  forge: ForgeBranch;
  /** The root branch's head. */
  root: string;
  /** Files of it are kept in Git LFS. */
  lfs: boolean;
};

/** The bridge's repository with the root branch and `commits` in it. */
export async function openRepository(
  attempt: Attempt,
  mirrorDir: string | undefined,
  commits: readonly string[],
): Promise<OpenRepository> {
  const { cloneUrl, rootBranch, branch } = attempt.assignment.repository;
  requirePlainUrl(cloneUrl);
  const { processes, folders, signal } = attempt;
  const { author, repository } = attempt.assignment;
  const partial = repository.partial ?? false;
  const access = { credential: () => attempt.gitCredential(), signal };
  const mirror = { ...access, processes, cloneUrl, branch: rootBranch, partial };
  const alternates = mirrorDir ? await refreshMirror({ ...mirror, mirrorDir }) : [];
  const promisor = partial ? { ...access, url: cloneUrl } : undefined;
  const parts = { processes, folders, alternates, author, signal };
  const workspace = await GitWorkspace.open({ ...parts, ...(promisor ? { promisor } : {}) });
  const git = createGit(processes, { gitDir: folders.git, workTree: folders.workspace }, signal);
  const forge = new ForgeBranch({ ...access, git, cloneUrl, partial, rootBranch, branch });
  const root = await forge.fetch(commits);
  const lfs = await workspace.usesLfs(root);
  if (lfs) attempt.transcript.entry('bridge', LFS_NOTE);
  return { workspace, forge, root, lfs };
}

function requirePlainUrl(cloneUrl: string): void {
  const url = URL.canParse(cloneUrl) ? new URL(cloneUrl) : undefined;
  const isPlain =
    url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain)
    throw new AttemptFailure(
      'infra',
      'the clone address must be http(s) without a name or password',
    );
}
