import type { Hono } from 'hono';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { listTree } from '../git/list-tree.ts';
import type { Commit } from '../git/read-commit.ts';
import { listCommits, readCommit } from '../git/read-commit.ts';
import { readBranch } from '../git/read-ref.ts';
import { countCommits, listChanges, mergeBase } from '../git/relate-commits.ts';
import { json, param, readPage, takePage } from '../http.ts';
import { notFound, Problem, unprocessable } from '../problem.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { wireCommit, wireGitCommit } from '../wire/commit.ts';
import { wireFileChange } from '../wire/file-change.ts';
import { repositoryUrl } from '../wire/repository.ts';

const MAX_FILES = 300;
const MAX_TREE_ENTRIES = 100_000;
/** Larger files come without their content. */
const MAX_CONTENT_BYTES = 1024 * 1024;

export function addCommitRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.get('/repos/:owner/:repo/git/commits/:sha', async (c) => {
    const repository = c.get('repository');
    const commit = await readCommit(context.git(repository), shaOf(param(c, 'sha')));
    if (commit === undefined) throw notFound();
    return json(c, wireGitCommit(repositoryUrl(context, repository), commit));
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
      takePage(c, window, commits).map((commit) => wireCommit(api, commit)),
    );
  });
  app.get('/repos/:owner/:repo/commits/:ref{.+}', async (c) => {
    const repository = c.get('repository');
    const commit = await requireCommit(context.git(repository), param(c, 'ref'));
    return json(c, wireCommit(repositoryUrl(context, repository), commit));
  });
  app.get('/repos/:owner/:repo/compare/:range{.+}', async (c) => {
    const window = readPage(c);
    const answer = await compare(context, c.get('repository'), param(c, 'range'), window);
    return json(c, answer);
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
    const blob = await context.git(repository).objects.content(shaOf(param(c, 'sha')));
    if (blob?.type !== 'blob') throw notFound();
    const { sha, size } = blob;
    return json(c, { sha, size, encoding: 'base64', content: blob.content.toString('base64') });
  });
}

async function compare(
  context: ForgeContext,
  repository: RepositoryRow,
  range: string,
  window: { readonly offset: number; readonly perPage: number },
) {
  const git = context.git(repository);
  const [from = '', to = ''] = range.split('...');
  const [base, head] = await Promise.all([findCommit(git, from), findCommit(git, to)]);
  if (base === undefined || head === undefined) throw notFound();
  const merge = await mergeBase(git, base.sha, head.sha);
  if (merge === undefined) {
    throw new Problem(404, `No common ancestor between ${from} and ${to}.`, { status: '404' });
  }
  const mergeCommit = await readCommit(git, merge);
  const [{ ahead, behind }, changes, commits] = await Promise.all([
    countCommits(git, base.sha, head.sha),
    listChanges(git, merge, head.sha),
    listCommits(git, [`--skip=${window.offset}`, `${base.sha}..${head.sha}`], window.perPage),
  ]);
  const api = repositoryUrl(context, repository);
  return {
    status: compareStatus(ahead, behind),
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    base_commit: wireCommit(api, base),
    merge_base_commit: mergeCommit === undefined ? null : wireCommit(api, mergeCommit),
    commits: commits.reverse().map((commit) => wireCommit(api, commit)),
    files: changes.slice(0, MAX_FILES).map(wireFileChange),
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
  const revision = readBranch(git.gitDir, name) ?? shaOf(name);
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
  if (commit === undefined) throw new Problem(404, `No commit found for the ref ${ref}`);
  // To git such a path is relative to the folder it runs in, and an end of its batch when that is no work tree.
  if (path.split('/').some((part) => part === '.' || part === '..')) throw notFound();
  const object = await git.objects.info(`${commit.sha}:${path}`);
  if (object === undefined) throw notFound();
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (object.type === 'tree') {
    const lines = await listTree(git, object.sha, false);
    return lines.map(({ path: entry, sha, type, size = 0 }) => ({
      type: type === 'tree' ? 'dir' : 'file',
      name: entry,
      path: path === '' ? entry : `${path}/${entry}`,
      sha,
      size,
    }));
  }
  if (object.type !== 'blob') {
    return { type: 'submodule', name, path, sha: object.sha, size: 0 };
  }
  const large = object.size > MAX_CONTENT_BYTES;
  const content = large ? undefined : (await git.objects.content(object.sha))?.content;
  return {
    type: 'file',
    name,
    path,
    sha: object.sha,
    size: object.size,
    encoding: large ? 'none' : 'base64',
    content: content?.toString('base64') ?? '',
  };
}

async function requireCommit(git: GitRepository, ref: string): Promise<Commit> {
  const commit = await findCommit(git, ref);
  if (commit === undefined) throw unprocessable(`No commit found for SHA: ${ref}`);
  return commit;
}

/** A branch's name or a whole commit id; nothing else that git would understand. */
export async function findCommit(git: GitRepository, ref: string): Promise<Commit | undefined> {
  const sha = readBranch(git.gitDir, ref.replace(/^refs\/heads\//, '')) ?? asSha(ref);
  return sha === undefined ? undefined : readCommit(git, sha);
}

function asSha(text: string): string | undefined {
  return /^[0-9a-f]{40}$/.test(text) ? text : undefined;
}

function shaOf(text: string): string {
  const sha = asSha(text);
  if (sha === undefined) throw notFound();
  return sha;
}
