import type { GitRepository } from './git-repository.ts';
import { runGit } from './run-git.ts';

/** Author or committer of a commit. `date` is ISO 8601 in UTC, in whole seconds. */
export type Signature = { readonly name: string; readonly email: string; readonly date: string };

/** A parsed commit object. */
export type Commit = {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
};

/** Returns the commit that a revision names, directly or through a tag; undefined: no such commit. */
export async function readCommit(
  git: GitRepository,
  revision: string,
): Promise<Commit | undefined> {
  const object = await git.objects.readContent(`${revision}^{commit}`);
  if (object?.type !== 'commit') return undefined;
  return parseCommit(object.sha, object.content.toString());
}

/** Returns at most `limit` commits, newest first. `range` contains arguments for `git rev-list`, such as `<base>..<head>`. */
export async function listCommits(
  git: GitRepository,
  range: readonly string[],
  limit: number,
): Promise<Commit[]> {
  const { stdout } = await runGit(git.gitDir, ['rev-list', `--max-count=${limit}`, ...range, '--']);
  const shas = stdout.toString().split('\n').filter(Boolean);
  const commits = await Promise.all(shas.map((sha) => readCommit(git, sha)));
  return commits.filter((commit) => commit !== undefined);
}

function parseCommit(sha: string, text: string): Commit {
  const headerEnd = text.indexOf('\n\n');
  const header = headerEnd === -1 ? text : text.slice(0, headerEnd);
  const lines = header.split('\n');
  return {
    sha,
    tree: readFields(lines, 'tree')[0] ?? '',
    parents: readFields(lines, 'parent'),
    author: parseSignature(readFields(lines, 'author')[0] ?? ''),
    committer: parseSignature(readFields(lines, 'committer')[0] ?? ''),
    message: headerEnd === -1 ? '' : text.slice(headerEnd + 2).replace(/\n$/, ''),
  };
}

function readFields(lines: readonly string[], name: string): string[] {
  const prefix = `${name} `;
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
}

function parseSignature(text: string): Signature {
  const match = /^(.*?) ?<([^>]*)> (\d+)/.exec(text);
  const [, name = '', email = '', seconds = '0'] = match ?? [];
  return { name, email, date: toIsoSeconds(Number(seconds) * 1_000) };
}

/** Formats epoch milliseconds as GitHub does: ISO 8601 in UTC, in whole seconds. */
export function toIsoSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
