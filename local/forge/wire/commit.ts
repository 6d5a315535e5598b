import type { Commit } from '../git/read-commit.ts';

/** Returns a commit as GitHub's route `git/commits` does. `api` is the REST URL of the repository. */
export function toGitCommitJson(api: string, commit: Commit) {
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: `${api}/git/commits/${commit.sha}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message,
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/git/commits/${sha}` })),
  };
}

/** Returns a commit as GitHub's route `commits` does. `api` is the REST URL of the repository. */
export function toCommitJson(api: string, commit: Commit) {
  const { tree, message, author, committer } = toGitCommitJson(api, commit);
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: `${api}/commits/${commit.sha}`,
    commit: { tree, message, author, committer, comment_count: 0 },
    author: null,
    committer: null,
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}` })),
  };
}
