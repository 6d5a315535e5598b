import { AttemptFailure } from '../attempt-error.ts';
import { ForgeBranch } from '../git/forge-branch.ts';
import { createGit } from '../git/git.ts';
import { GitWorkspace } from '../git/git-workspace.ts';
import type { MissingContents } from '../git/inspect-tree.ts';
import { describeMissingContents } from '../git/inspect-tree.ts';
import { refreshMirror } from '../git/refresh-mirror.ts';
import type { Attempt } from './attempt.ts';

/** Repository of one attempt, ready for a checkout. */
export type OpenedRepository = {
  readonly workspace: GitWorkspace;
  readonly forgeBranch: ForgeBranch;
  /** Head commit of the root branch. */
  readonly rootCommit: string;
  /** Contents of the root branch that the workspace and the verified checkout do not have. */
  readonly missingContents: MissingContents;
};

/** Creates the git directory of the attempt, and fetches the root branch and `commits`. */
export async function openRepository(
  attempt: Attempt,
  mirrorDir: string | undefined,
  commits: readonly string[],
): Promise<OpenedRepository> {
  const { cloneUrl, rootBranch, branch } = attempt.assignment.repository;
  requirePlainCloneUrl(cloneUrl);
  const { processes, folders, signal } = attempt;
  const { author, repository } = attempt.assignment;
  const isPartial = repository.partial ?? false;
  const access = { getCredential: () => attempt.getGitCredential(), signal };
  const mirrorOptions = { ...access, processes, cloneUrl, branch: rootBranch, isPartial };
  const alternates = mirrorDir ? await refreshMirror({ ...mirrorOptions, mirrorDir }) : [];
  const promisor = isPartial ? { ...access, url: cloneUrl } : undefined;
  const workspaceOptions = { processes, folders, alternates, author, signal };
  const workspace = await GitWorkspace.open({
    ...workspaceOptions,
    ...(promisor ? { promisor } : {}),
  });
  const git = createGit(processes, { gitDir: folders.git, workTree: folders.workspace }, signal);
  const forgeBranch = new ForgeBranch({ ...access, git, cloneUrl, isPartial, rootBranch, branch });
  const rootCommit = await forgeBranch.fetchHistory(commits);
  const missingContents = await workspace.findMissingContents(rootCommit);
  for (const note of describeMissingContents(missingContents))
    attempt.transcript.addEntry('bridge', note);
  return { workspace, forgeBranch, rootCommit, missingContents };
}

/** Throws for a clone URL with credentials, because git would write the credentials to disk and into arguments. */
function requirePlainCloneUrl(cloneUrl: string): void {
  const url = URL.canParse(cloneUrl) ? new URL(cloneUrl) : undefined;
  const isPlain =
    url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain)
    throw new AttemptFailure(
      'infra',
      'the clone URL of the repository must begin with http:// or https:// and contain no user name or password',
    );
}
