import type { Hono } from 'hono';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { listTree } from '../git/list-tree.ts';
import type { GitObject } from '../git/object-reader.ts';
import type { Commit } from '../git/read-commit.ts';
import { listCommits, readCommit } from '../git/read-commit.ts';
import { readBranch } from '../git/read-ref.ts';
import { countCommits, findMergeBase, listChanges } from '../git/relate-commits.ts';
import { json, param, readPage, takePage } from '../http.ts';
import { HttpError, notFound, unprocessable } from '../http-error.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { toCommitJson, toGitCommitJson } from '../wire/commit.ts';
import { toFileChangeJson } from '../wire/file-change.ts';
import { repositoryUrl } from '../wire/repository.ts';

const MAX_FILES = 300;
const MAX_TREE_ENTRIES = 100_000;
/** Larger files are described without their content. */
const MAX_CONTENT_BYTES = 1024 * 1024;

export function addCommitRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/git/commits/:sha', async (c) => {
    const repository = c.get('repository');
    const commit = await readCommit(context.git(repository), requireSha(param(c, 'sha')));
    if (commit === undefined) throw notFound();
    return json(c, toGitCommitJson(repositoryUrl(context, repository), commit));
  });
  app.get('/repos/:owner/:repo/commits', async (c) => {
    const repository = c.get('repository');
    const git = context.git(repository);
    const start = await requireCommit(git, c.req.query('sha') ?? repository.default_branch);
    const window = readPage(c);
    const args = [`--skip=${window.offset}`, start.sha];
    const commits = await listCommits(git, args, window.perPage + 1);
    const api = repositoryUrl(context, repository);
    return json(
      c,
      takePage(c, window, commits).map((commit) => toCommitJson(api, commit)),
    );
  });
  app.get('/repos/:owner/:repo/commits/:ref{.+}', async (c) => {
    const repository = c.get('repository');
    const commit = await requireCommit(context.git(repository), param(c, 'ref'));
    return json(c, toCommitJson(repositoryUrl(context, repository), commit));
  });
  app.get('/repos/:owner/:repo/compare/:range{.+}', async (c) => {
    const window = readPage(c);
    return json(c, await compareRange(context, c.get('repository'), param(c, 'range'), window));
  });
  app.get('/repos/:owner/:repo/git/trees/:tree{.+}', async (c) => {
    const repository = c.get('repository');
    const recursive = c.req.query('recursive') !== undefined;
    return json(c, await readTree(context, repository, param(c, 'tree'), recursive));
  });
  app.get('/repos/:owner/:repo/contents/:path{.*}', async (c) => {
    const repository = c.get('repository');
    const ref = c.req.query('ref') ?? repository.default_branch;
    return json(c, await readContent(context, repository, ref, param(c, 'path')));
  });
  app.get('/repos/:owner/:repo/git/blobs/:sha', async (c) => {
    const repository = c.get('repository');
    const blob = await context.git(repository).objects.content(requireSha(param(c, 'sha')));
    if (blob?.type !== 'blob') throw notFound();
    const { sha, size } = blob;
    return json(c, { sha, size, encoding: 'base64', content: blob.content.toString('base64') });
  });
}

async function compareRange(
  context: ForgeContext,
  repository: RepositoryRow,
  range: string,
  window: { readonly offset: number; readonly perPage: number },
) {
  const git = context.git(repository);
  const [from = '', to = ''] = range.split('...');
  const [base, head] = await Promise.all([findCommit(git, from), findCommit(git, to)]);
  if (base === undefined || head === undefined) throw notFound();
  const mergeBase = await findMergeBase(git, base.sha, head.sha);
  if (mergeBase === undefined) {
    throw new HttpError(404, `No common ancestor between ${from} and ${to}.`, { status: '404' });
  }
  const mergeBaseCommit = await readCommit(git, mergeBase);
  const [{ ahead, behind }, changes, commits] = await Promise.all([
    countCommits(git, base.sha, head.sha),
    listChanges(git, mergeBase, head.sha),
    listCommits(git, [`--skip=${window.offset}`, `${base.sha}..${head.sha}`], window.perPage),
  ]);
  const api = repositoryUrl(context, repository);
  return {
    status: compareStatus(ahead, behind),
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    base_commit: toCommitJson(api, base),
    merge_base_commit: mergeBaseCommit === undefined ? null : toCommitJson(api, mergeBaseCommit),
    commits: commits.reverse().map((commit) => toCommitJson(api, commit)),
    files: changes.slice(0, MAX_FILES).map(toFileChangeJson),
  };
}

function compareStatus(ahead: number, behind: number): string {
  if (ahead > 0 && behind > 0) return 'diverged';
  if (ahead > 0) return 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

async function readTree(
  context: ForgeContext,
  repository: RepositoryRow,
  name: string,
  recursive: boolean,
) {
  const git = context.git(repository);
  const revision = readBranch(git.gitDir, name) ?? requireSha(name);
  const tree = await git.objects.info(`${revision}^{tree}`);
  if (tree?.type !== 'tree') throw notFound();
  const api = repositoryUrl(context, repository);
  const lines = await listTree(git, tree.sha, recursive);
  return {
    sha: tree.sha,
    url: `${api}/git/trees/${tree.sha}`,
    truncated: lines.length > MAX_TREE_ENTRIES,
    tree: lines.slice(0, MAX_TREE_ENTRIES).map((line) => ({
      path: line.path,
      mode: line.mode,
      type: line.type,
      sha: line.sha,
      ...(line.size !== undefined && { size: line.size }),
      url: `${api}/git/${line.type}s/${line.sha}`,
    })),
  };
}

async function readContent(
  context: ForgeContext,
  repository: RepositoryRow,
  ref: string,
  path: string,
) {
  const git = context.git(repository);
  const commit = await findCommit(git, ref);
  if (commit === undefined) throw new HttpError(404, `No commit found for the ref ${ref}`);
  // Git reads such a path relative to its working folder; without a work tree, cat-file would end.
  if (path.split('/').some((part) => part === '.' || part === '..')) throw notFound();
  const object = await git.objects.info(`${commit.sha}:${path}`);
  if (object === undefined) throw notFound();
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (object.type === 'tree') return readFolder(git, object.sha, path);
  if (object.type === 'blob') return readFile(git, object, name, path);
  return { type: 'submodule', name, path, sha: object.sha, size: 0 };
}

async function readFolder(git: GitRepository, tree: string, path: string) {
  const lines = await listTree(git, tree, false);
  return lines.map(({ path: entry, sha, type, size = 0 }) => ({
    type: type === 'tree' ? 'dir' : 'file',
    name: entry,
    path: path === '' ? entry : `${path}/${entry}`,
    sha,
    size,
  }));
}

async function readFile(git: GitRepository, { sha, size }: GitObject, name: string, path: string) {
  const isLarge = size > MAX_CONTENT_BYTES;
  const content = isLarge ? undefined : (await git.objects.content(sha))?.content;
  return {
    type: 'file',
    name,
    path,
    sha,
    size,
    encoding: isLarge ? 'none' : 'base64',
    content: content?.toString('base64') ?? '',
  };
}

async function requireCommit(git: GitRepository, ref: string): Promise<Commit> {
  const commit = await findCommit(git, ref);
  if (commit === undefined) throw unprocessable(`No commit found for SHA: ${ref}`);
  return commit;
}

/** Returns the commit of a branch name or a complete commit id. Other revisions of git find nothing. */
export async function findCommit(git: GitRepository, ref: string): Promise<Commit | undefined> {
  const sha = readBranch(git.gitDir, ref.replace(/^refs\/heads\//, '')) ?? parseSha(ref);
  return sha === undefined ? undefined : readCommit(git, sha);
}

function parseSha(text: string): string | undefined {
  return /^[0-9a-f]{40}$/.test(text) ? text : undefined;
}

function requireSha(text: string): string {
  const sha = parseSha(text);
  if (sha === undefined) throw notFound();
  return sha;
}
