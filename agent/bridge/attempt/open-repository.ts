import { AttemptFailure } from '../attempt-error.ts';
import { ForgeBranch } from '../git/forge-branch.ts';
import { createGit } from '../git/git.ts';
import { GitWorkspace } from '../git/git-workspace.ts';
import { LFS_NOTE } from '../git/lfs.ts';
import { refreshMirror } from '../git/refresh-mirror.ts';
import type { Attempt } from './attempt.ts';

export type OpenRepository = {
  readonly workspace: GitWorkspace;
  readonly forgeBranch: ForgeBranch;
  /** The root branch's head. */
  readonly rootCommit: string;
  /** Files of it are kept in Git LFS. */
  readonly usesLfs: boolean;
};

/** The bridge's repository with the root branch and `commits` in it. */
export async function openRepository(
  attempt: Attempt,
  mirrorDir: string | undefined,
  commits: readonly string[],
): Promise<OpenRepository> {
  const { cloneUrl, rootBranch, branch } = attempt.assignment.repository;
  requirePlainCloneUrl(cloneUrl);
  const { processes, folders, signal } = attempt;
  const { author, repository } = attempt.assignment;
  const partial = repository.partial ?? false;
  const access = { credential: () => attempt.getGitCredential(), signal };
  const mirror = { ...access, processes, cloneUrl, branch: rootBranch, partial };
  const alternates = mirrorDir ? await refreshMirror({ ...mirror, mirrorDir }) : [];
  const promisor = partial ? { ...access, url: cloneUrl } : undefined;
  const parts = { processes, folders, alternates, author, signal };
  const workspace = await GitWorkspace.open({ ...parts, ...(promisor ? { promisor } : {}) });
  const git = createGit(processes, { gitDir: folders.git, workTree: folders.workspace }, signal);
  const forge = new ForgeBranch({ ...access, git, cloneUrl, partial, rootBranch, branch });
  const root = await forge.fetchHistory(commits);
  const lfs = await workspace.usesLfs(root);
  if (lfs) attempt.transcript.addEntry('bridge', LFS_NOTE);
  return { workspace, forgeBranch: forge, rootCommit: root, usesLfs: lfs };
}

function requirePlainCloneUrl(cloneUrl: string): void {
  const url = URL.canParse(cloneUrl) ? new URL(cloneUrl) : undefined;
  const isPlain =
    url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain)
    throw new AttemptFailure(
      'infra',
      'the clone address must be http(s) without a name or password',
    );
}
