import type { GitRepository } from './git-repository.ts';
import { runGit } from './run-git.ts';

/** Author or committer; `date` in ISO format with whole seconds. */
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

/** Returns a commit, following tags; undefined: no such commit. */
export async function readCommit(
  git: GitRepository,
  revision: string,
): Promise<Commit | undefined> {
  const object = await git.objects.content(`${revision}^{commit}`);
  if (object?.type !== 'commit') return undefined;
  return parseCommit(object.sha, object.content.toString());
}

/** Returns commits of a range, newest first, at most `limit`. */
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
  const split = text.indexOf('\n\n');
  const header = split === -1 ? text : text.slice(0, split);
  const lines = header.split('\n');
  return {
    sha,
    tree: fieldsOf(lines, 'tree')[0] ?? '',
    parents: fieldsOf(lines, 'parent'),
    author: parseSignature(fieldsOf(lines, 'author')[0] ?? ''),
    committer: parseSignature(fieldsOf(lines, 'committer')[0] ?? ''),
    message: split === -1 ? '' : text.slice(split + 2).replace(/\n$/, ''),
  };
}

function fieldsOf(lines: readonly string[], name: string): string[] {
  const start = `${name} `;
  return lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
}

function parseSignature(text: string): Signature {
  const match = /^(.*?) ?<([^>]*)> (\d+)/.exec(text);
  const [, name = '', email = '', seconds = '0'] = match ?? [];
  return { name, email, date: toIsoSeconds(Number(seconds) * 1_000) };
}

/** Formats epoch milliseconds as GitHub does: ISO with whole seconds. */
export function toIsoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
