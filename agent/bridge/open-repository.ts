import type { Attempt } from './attempt.ts';
import { AttemptFailure } from './attempt-end.ts';
import { ForgeBranch } from './forge-branch.ts';
import { createGit } from './git.ts';
import { GitWorkspace } from './git-workspace.ts';
import { refreshMirror } from './mirror.ts';

export type OpenRepository = {
  workspace: GitWorkspace;
  forge: ForgeBranch;
  /** The root branch's head. */
  root: string;
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
  const { author } = attempt.assignment;
  const credential = () => attempt.gitCredential();
  const mirror = { processes, cloneUrl, branch: rootBranch, credential, signal };
  const alternates = mirrorDir ? await refreshMirror({ ...mirror, mirrorDir }) : [];
  const workspace = await GitWorkspace.open({ processes, folders, alternates, author, signal });
  const git = createGit(processes, { gitDir: folders.git, workTree: folders.workspace }, signal);
  const forge = new ForgeBranch({ git, cloneUrl, rootBranch, branch, credential, signal });
  return { workspace, forge, root: await forge.fetch(commits) };
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
