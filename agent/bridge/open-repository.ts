import type { Attempt } from './attempt.ts';
import { AttemptFailure } from './attempt-end.ts';
import { GitWorkspace } from './git-workspace.ts';
import { refreshMirror } from './mirror.ts';

/** The bridge's repository with the root branch and `commits` in it. Answers the root branch's head as well. */
export async function openRepository(
  attempt: Attempt,
  mirrorDir: string | undefined,
  commits: readonly string[],
): Promise<{ repository: GitWorkspace; root: string }> {
  const { cloneUrl, rootBranch, branch } = attempt.assignment.repository;
  requirePlainUrl(cloneUrl);
  const { processes, folders, signal } = attempt;
  const credential = () => attempt.gitCredential();
  const alternates = mirrorDir
    ? await refreshMirror({
        processes,
        mirrorDir,
        cloneUrl,
        branch: rootBranch,
        credential,
        signal,
      })
    : [];
  const repository = await GitWorkspace.open({
    processes,
    folders,
    alternates,
    cloneUrl,
    rootBranch,
    branch,
    author: attempt.assignment.author,
    credential,
    signal,
  });
  return { repository, root: await repository.fetch(commits) };
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
