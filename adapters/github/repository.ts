import { z } from 'zod';
import type { GitAccess, GitCredential, RepoName, RepositoryFacts } from '../../core/port/forge.ts';
import type { Connection } from './create-connection.ts';

/** Field of the local forge, which GitHub does not send. */
const problemsSchema = z.object({
  problems: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
});

/** User name that git sends together with a GitHub token as password. */
const TOKEN_USER = 'x-access-token';

export async function readRepository(
  connection: Connection,
  repo: RepoName,
): Promise<RepositoryFacts> {
  return connection.callForge(`read ${repo}`, repo, async (octokit, repoParams) => {
    const { data } = await octokit.rest.repos.get(repoParams);
    const methods = {
      merge: data.allow_merge_commit ?? true,
      squash: data.allow_squash_merge ?? true,
      rebase: data.allow_rebase_merge ?? true,
    };
    return {
      name: data.full_name,
      defaultBranch: data.default_branch,
      private: data.private,
      url: data.html_url,
      cloneUrl: data.clone_url,
      mergeMethods: (['merge', 'squash', 'rebase'] as const).filter((method) => methods[method]),
      // GitHub does not report whether drafts are allowed. If GitHub refuses a draft, the adapter opens a normal pull request and
      // marks its title.
      allowsDrafts: true,
      archived: data.archived,
      ...problemsSchema.parse(data),
      sizeKb: data.size,
      // GitHub omits the permissions for some tokens. The adapter then assumes write access; if the assumption is wrong, a later
      // call fails with a clear error.
      permissions: {
        push: data.permissions?.push ?? true,
        pull: data.permissions?.pull ?? true,
        admin: data.permissions?.admin ?? false,
      },
    };
  });
}

/** Creates a function that issues git credentials and remembers the numeric ids of repositories. */
export function createCredentialsIssuer(
  connection: Connection,
): (repo: RepoName, branch: string, access?: GitAccess) => Promise<GitCredential> {
  const numericIds = new Map<RepoName, number>();
  async function readNumericId(repo: RepoName): Promise<number> {
    const cached = numericIds.get(repo);
    if (cached !== undefined) return cached;
    const numericId = await connection.callForge(
      `read ${repo}`,
      repo,
      async (octokit, repoParams) => {
        const { data } = await octokit.rest.repos.get(repoParams);
        return data.id;
      },
    );
    numericIds.set(repo, numericId);
    return numericId;
  }
  return async (repo, branch, access = 'write') => {
    const { token, expiresAt } = await connection.createGitToken(
      repo,
      () => readNumericId(repo),
      branch,
      access,
    );
    return { username: TOKEN_USER, password: token, expiresAt };
  };
}
