import { AppError, isAppError } from '../../core/base/app-error.ts';
import type { CommitFile, RepoName, Sha, TreeEntry } from '../../core/port/forge.ts';
import type { Connection } from './create-connection.ts';

/** Changes from the merge base of `base` and `head` to `head`, and the numbers of commits between both. */
export type Comparison = {
  readonly files: CommitFile[];
  /** Number of commits of `head` that `base` does not contain; `behindBy` counts the opposite. */
  readonly aheadBy: number;
  readonly behindBy: number;
  readonly mergeBase: Sha;
};

export async function hasCommit(
  connection: Connection,
  repo: RepoName,
  sha: Sha,
): Promise<boolean> {
  try {
    await connection.callForge(`read ${repo} ${sha}`, repo, (octokit, repoParams) =>
      octokit.rest.git.getCommit({ ...repoParams, commit_sha: sha }),
    );
    return true;
  } catch (error) {
    if (isAppError(error, 'notFound')) return false;
    if (isAppError(error, 'conflict', 'repository_empty')) return false;
    throw error;
  }
}

export async function compareCommits(
  connection: Connection,
  repo: RepoName,
  base: Sha,
  head: Sha,
): Promise<Comparison> {
  return connection.callForge(`compare ${base} with ${head}`, repo, async (octokit, repoParams) => {
    // GitHub sends all files with the first page, whatever the page size. The page size counts commits, which are not needed.
    const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
      ...repoParams,
      basehead: `${base}...${head}`,
      per_page: 1,
      page: 1,
    });
    return {
      files: (data.files ?? []).flatMap(toCommitFiles),
      aheadBy: data.ahead_by,
      behindBy: data.behind_by,
      mergeBase: data.merge_base_commit.sha,
    };
  });
}

export async function readPatch(
  connection: Connection,
  repo: RepoName,
  base: Sha,
  head: Sha,
  maxBytes: number,
): Promise<{ readonly text: string; readonly truncated: boolean }> {
  const action = `read the patch from ${base} to ${head}`;
  return connection.callForge(action, repo, async (octokit, repoParams) => {
    const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
      ...repoParams,
      basehead: `${base}...${head}`,
      mediaType: { format: 'diff' },
    });
    // The declared type of the answer is JSON, but this media type is a text.
    const text: unknown = data;
    if (typeof text === 'string') return cutPatch(text, maxBytes);
    throw new AppError('refused', 'patch_unavailable', `${repo} returns no patches`);
  });
}

/** Cuts a patch after its last whole line within `maxBytes`. */
function cutPatch(
  patch: string,
  maxBytes: number,
): { readonly text: string; readonly truncated: boolean } {
  const bytes = Buffer.from(patch);
  if (bytes.length <= maxBytes) return { text: patch, truncated: false };
  const end = bytes.lastIndexOf('\n', maxBytes - 1) + 1;
  return { text: bytes.subarray(0, end).toString(), truncated: true };
}

type WireFile = {
  readonly filename: string;
  readonly status: string;
  readonly additions: number;
  readonly deletions: number;
  readonly previous_filename?: string;
};

/** Converts a changed file. A rename becomes two entries, because a rename also removes the old path. */
function toCommitFiles(file: WireFile): CommitFile[] {
  const { filename: path, additions, deletions, previous_filename: oldPath } = file;
  const entry = { path, status: FILE_STATUSES[file.status] ?? 'modified', additions, deletions };
  if (file.status !== 'renamed' || oldPath === undefined) return [entry];
  return [entry, { path: oldPath, status: 'removed', additions: 0, deletions: 0 }];
}

const FILE_STATUSES: Readonly<Record<string, CommitFile['status']>> = {
  added: 'added',
  copied: 'added',
  removed: 'removed',
  renamed: 'renamed',
};

export async function readTree(
  connection: Connection,
  repo: RepoName,
  sha: Sha,
  maxEntries: number,
): Promise<{ readonly entries: TreeEntry[]; readonly truncated: boolean }> {
  return connection.callForge(
    `read the tree of ${repo} ${sha}`,
    repo,
    async (octokit, repoParams) => {
      const { data } = await octokit.rest.git.getTree({
        ...repoParams,
        tree_sha: sha,
        recursive: 'true',
      });
      const entries = data.tree.slice(0, maxEntries).map((entry) => ({
        path: entry.path,
        type: toEntryType(entry.type, entry.mode),
        ...(entry.size !== undefined && { size: entry.size }),
      }));
      return { entries, truncated: data.truncated || data.tree.length > maxEntries };
    },
  );
}

function toEntryType(type: string, mode: string): TreeEntry['type'] {
  if (type === 'tree') return 'dir';
  if (type === 'commit') return 'submodule';
  return mode === '120000' ? 'symlink' : 'file';
}

export async function readFile(
  connection: Connection,
  repo: RepoName,
  sha: Sha,
  path: string,
  maxBytes: number,
): Promise<string | undefined> {
  try {
    return await connection.callForge(`read ${repo} ${path}`, repo, async (octokit, repoParams) => {
      const { data } = await octokit.rest.repos.getContent({ ...repoParams, path, ref: sha });
      if (Array.isArray(data) || data.type !== 'file') return undefined;
      if (data.encoding === 'base64') return decodeText(data.content, maxBytes);
      // GitHub returns the content of a file above 1 MB only as a blob.
      const blob = await octokit.rest.git.getBlob({ ...repoParams, file_sha: data.sha });
      return decodeText(blob.data.content, maxBytes);
    });
  } catch (error) {
    if (isAppError(error, 'notFound')) return undefined;
    throw error;
  }
}

/**
 * Decodes the first `maxBytes` bytes as text; returns undefined for a binary file. Like git, treats a file as binary
 * if a zero byte is near its start.
 */
function decodeText(base64: string, maxBytes: number): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.subarray(0, 8_000).includes(0)) return undefined;
  const text = bytes.subarray(0, maxBytes).toString('utf8');
  // The limit may cut the last character in two.
  return bytes.length > maxBytes ? text.replace(/\uFFFD$/, '') : text;
}
