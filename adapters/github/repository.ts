import type { GitAccess, GitCredential, RepoName, RepositoryFacts } from '../../core/port/forge.ts';
import type { Connection } from './create-connection.ts';

/** GitHub's fixed user name for tokens. */
const TOKEN_USER = 'x-access-token';

export async function readRepository(
  connection: Connection,
  repo: RepoName,
): Promise<RepositoryFacts> {
  return connection.callForge(`read ${repo}`, repo, async (octokit, id) => {
    const { data } = await octokit.rest.repos.get(id);
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
      // GitHub has no field for it: a refusal is met by a normal pull request that is marked by its title.
      allowsDrafts: true,
      archived: data.archived,
      sizeKb: data.size,
      // Some tokens are not told; then a refusal says it later.
      permissions: {
        push: data.permissions?.push ?? true,
        pull: data.permissions?.pull ?? true,
        admin: data.permissions?.admin ?? false,
      },
    };
  });
}

/** A function that makes credentials; it remembers the numbers of repositories. */
export function createCredentialsIssuer(
  connection: Connection,
): (repo: RepoName, branch: string, access?: GitAccess) => Promise<GitCredential> {
  const numbers = new Map<RepoName, number>();
  async function numberOf(repo: RepoName): Promise<number> {
    const known = numbers.get(repo);
    if (known !== undefined) return known;
    const found = await connection.callForge(`read ${repo}`, repo, async (octokit, id) => {
      const { data } = await octokit.rest.repos.get(id);
      return data.id;
    });
    numbers.set(repo, found);
    return found;
  }
  return async (repo, branch, access = 'write') => {
    const number = () => numberOf(repo);
    const { token, expiresAt } = await connection.createPushToken(repo, number, branch, access);
    return { username: TOKEN_USER, password: token, expiresAt };
  };
}
