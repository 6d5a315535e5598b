import type { Hono } from 'hono';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { listTree } from '../git/list-tree.ts';
import type { GitObject } from '../git/object-reader.ts';
import type { Commit } from '../git/read-commit.ts';
import { listCommits, readCommit } from '../git/read-commit.ts';
import { readPatch } from '../git/read-patch.ts';
import { readBranch } from '../git/read-ref.ts';
import { countCommits, findMergeBase, listChanges } from '../git/relate-commits.ts';
import { readPage, readParam, sendJson, takePage } from '../http.ts';
import { HttpError, notFound, unprocessable } from '../http-error.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { toCommitJson, toGitCommitJson } from '../wire/commit.ts';
import { toFileChangeJson } from '../wire/file-change.ts';
import { toRepositoryApiUrl } from '../wire/repository.ts';

/** Maximum number of files in a comparison, as on GitHub. */
const MAX_FILES = 300;
/** Length of a patch after which the forge cuts the patch, larger than the limit of the API. */
const MAX_PATCH_BYTES = 4_000_000;
const MAX_TREE_ENTRIES = 100_000;
/** Largest file whose content is returned, as on GitHub. */
const MAX_CONTENT_BYTES = 1024 * 1024;

export function addCommitRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/git/commits/:sha', async (c) => {
    const repository = c.get('repository');
    const commit = await readCommit(context.openGit(repository), requireSha(readParam(c, 'sha')));
    if (commit === undefined) throw notFound();
    return sendJson(c, toGitCommitJson(toRepositoryApiUrl(context, repository), commit));
  });
  app.get('/repos/:owner/:repo/commits', async (c) => {
    const repository = c.get('repository');
    const git = context.openGit(repository);
    const firstCommit = await requireCommit(git, c.req.query('sha') ?? repository.default_branch);
    const window = readPage(c);
    const args = [`--skip=${window.offset}`, firstCommit.sha];
    const commits = await listCommits(git, args, window.perPage + 1);
    const api = toRepositoryApiUrl(context, repository);
    return sendJson(
      c,
      takePage(c, window, commits).map((commit) => toCommitJson(api, commit)),
    );
  });
  app.get('/repos/:owner/:repo/commits/:ref{.+}', async (c) => {
    const repository = c.get('repository');
    const commit = await requireCommit(context.openGit(repository), readParam(c, 'ref'));
    return sendJson(c, toCommitJson(toRepositoryApiUrl(context, repository), commit));
  });
  app.get('/repos/:owner/:repo/compare/:range{.+}', async (c) => {
    if (wantsDiff(c.req.header('accept'))) {
      const patch = await readRangePatch(context, c.get('repository'), readParam(c, 'range'));
      return c.body(patch, 200, { 'content-type': 'application/vnd.github.diff; charset=utf-8' });
    }
    const window = readPage(c);
    return sendJson(
      c,
      await compareRange(context, c.get('repository'), readParam(c, 'range'), window),
    );
  });
  app.get('/repos/:owner/:repo/git/trees/:tree{.+}', async (c) => {
    const repository = c.get('repository');
    const recursive = c.req.query('recursive') !== undefined;
    return sendJson(c, await readTree(context, repository, readParam(c, 'tree'), recursive));
  });
  app.get('/repos/:owner/:repo/contents/:path{.*}', async (c) => {
    const repository = c.get('repository');
    const ref = c.req.query('ref') ?? repository.default_branch;
    return sendJson(c, await readContent(context, repository, ref, readParam(c, 'path')));
  });
  app.get('/repos/:owner/:repo/git/blobs/:sha', async (c) => {
    const repository = c.get('repository');
    const blob = await context
      .openGit(repository)
      .objects.readContent(requireSha(readParam(c, 'sha')));
    if (blob?.type !== 'blob') throw notFound();
    const { sha, size } = blob;
    return sendJson(c, { sha, size, encoding: 'base64', content: blob.content.toString('base64') });
  });
}

function wantsDiff(accept: string | undefined): boolean {
  return /application\/vnd\.github\.(?:v3\.)?diff/.test(accept ?? '');
}

async function readRangePatch(
  context: ForgeContext,
  repository: RepositoryRow,
  range: string,
): Promise<string> {
  const git = context.openGit(repository);
  const [from = '', to = ''] = range.split('...');
  const [base, head] = await Promise.all([findCommit(git, from), findCommit(git, to)]);
  const mergeBase =
    base === undefined || head === undefined
      ? undefined
      : await findMergeBase(git, base.sha, head.sha);
  if (mergeBase === undefined || head === undefined) throw notFound();
  return (await readPatch(git.gitDir, mergeBase, head.sha, MAX_PATCH_BYTES)).text;
}

async function compareRange(
  context: ForgeContext,
  repository: RepositoryRow,
  range: string,
  window: { readonly offset: number; readonly perPage: number },
) {
  const git = context.openGit(repository);
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
  const api = toRepositoryApiUrl(context, repository);
  return {
    status: toCompareStatus(ahead, behind),
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    base_commit: toCommitJson(api, base),
    merge_base_commit: mergeBaseCommit === undefined ? null : toCommitJson(api, mergeBaseCommit),
    commits: commits.reverse().map((commit) => toCommitJson(api, commit)),
    files: changes.slice(0, MAX_FILES).map(toFileChangeJson),
  };
}

function toCompareStatus(ahead: number, behind: number): string {
  if (ahead > 0 && behind > 0) return 'diverged';
  if (ahead > 0) return 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

async function readTree(
  context: ForgeContext,
  repository: RepositoryRow,
  branchOrSha: string,
  recursive: boolean,
) {
  const git = context.openGit(repository);
  const revision = readBranch(git.gitDir, branchOrSha) ?? requireSha(branchOrSha);
  const tree = await git.objects.readInfo(`${revision}^{tree}`);
  if (tree?.type !== 'tree') throw notFound();
  const api = toRepositoryApiUrl(context, repository);
  const entries = await listTree(git, tree.sha, recursive);
  return {
    sha: tree.sha,
    url: `${api}/git/trees/${tree.sha}`,
    truncated: entries.length > MAX_TREE_ENTRIES,
    tree: entries.slice(0, MAX_TREE_ENTRIES).map((entry) => ({
      path: entry.path,
      mode: entry.mode,
      type: entry.type,
      sha: entry.sha,
      ...(entry.size !== undefined && { size: entry.size }),
      url: `${api}/git/${entry.type}s/${entry.sha}`,
    })),
  };
}

async function readContent(
  context: ForgeContext,
  repository: RepositoryRow,
  ref: string,
  path: string,
) {
  const git = context.openGit(repository);
  const commit = await findCommit(git, ref);
  if (commit === undefined) throw new HttpError(404, `No commit found for the ref ${ref}`);
  // Git resolves these paths relative to the work tree. In a repository without a work tree, the cat-file process would exit.
  if (path.split('/').some((part) => part === '.' || part === '..')) throw notFound();
  const object = await git.objects.readInfo(`${commit.sha}:${path}`);
  if (object === undefined) throw notFound();
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (object.type === 'tree') return readFolder(git, object.sha, path);
  if (object.type === 'blob') return readFile(git, object, name, path);
  return { type: 'submodule', name, path, sha: object.sha, size: 0 };
}

async function readFolder(git: GitRepository, tree: string, path: string) {
  const entries = await listTree(git, tree, false);
  return entries.map(({ path: name, sha, type, size = 0 }) => ({
    type: type === 'tree' ? 'dir' : 'file',
    name,
    path: path === '' ? name : `${path}/${name}`,
    sha,
    size,
  }));
}

async function readFile(git: GitRepository, { sha, size }: GitObject, name: string, path: string) {
  const isLarge = size > MAX_CONTENT_BYTES;
  const content = isLarge ? undefined : (await git.objects.readContent(sha))?.content;
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

/** Returns the commit of a branch name or a full commit id; undefined for other git revisions, such as `main~1`. */
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
