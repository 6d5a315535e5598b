import type { ForgeContext } from '../forge-context.ts';
import { readBranch } from '../git/read-ref.ts';
import { isAncestor, mergeBase } from '../git/relate-commits.ts';
import { invalid } from '../problem.ts';
import { findPull, listPulls } from '../store/pull-store.ts';
import { takeNumber } from '../store/repository-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { announcePull } from './announce.ts';
import { settlePull } from './refresh-pull.ts';

export type NewPull = {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
};

/** Throws 422 in GitHub's words. Takes the repository's lock. */
export function createPull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: NewPull,
  login: string,
): Promise<PullRow> {
  return context.lock(repository.id, async () => {
    const sides = await requireSides(context, repository, pull);
    await requireNoOther(context, repository, pull, login);
    if (pull.draft && !repository.settings.allowDrafts) {
      throw invalid('PullRequest', {
        message: 'Draft pull requests are not supported in this repository.',
      });
    }
    const created = insertPull(context, repository, pull, sides, login);
    announcePull(context, repository, created, 'opened', login);
    return created;
  });
}

async function requireSides(
  context: ForgeContext,
  repository: RepositoryRow,
  { head, base }: NewPull,
): Promise<{ readonly headSha: string; readonly baseSha: string }> {
  const git = context.git(repository);
  const headSha = readBranch(git.gitDir, head);
  const baseSha = readBranch(git.gitDir, base);
  if (headSha === undefined) throw invalid('PullRequest', { field: 'head', code: 'invalid' });
  if (baseSha === undefined) throw invalid('PullRequest', { field: 'base', code: 'invalid' });
  if (await isAncestor(git, headSha, baseSha)) {
    throw invalid('PullRequest', { message: `No commits between ${base} and ${head}` });
  }
  if ((await mergeBase(git, headSha, baseSha)) === undefined) {
    throw invalid('PullRequest', {
      message: `The ${head} branch has no history in common with ${base}`,
    });
  }
  return { headSha, baseSha };
}

async function requireNoOther(
  context: ForgeContext,
  repository: RepositoryRow,
  { head, base }: NewPull,
  login: string,
): Promise<void> {
  const filter = { state: 'open', head, base, sort: 'created', ascending: false } as const;
  const [other] = listPulls(context.rows, repository.id, filter, { offset: 0, limit: 1 });
  if (other === undefined) return;
  const settled = await settlePull(context, repository, other, login);
  if (settled.state !== 'open') return;
  const owner = repository.name.split('/')[0] ?? '';
  throw invalid('PullRequest', { message: `A pull request already exists for ${owner}:${head}.` });
}

function insertPull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: NewPull,
  sides: { readonly headSha: string; readonly baseSha: string },
  login: string,
): PullRow {
  const { rows } = context;
  const now = context.now();
  const number = rows.together(() => {
    const next = takeNumber(rows, repository.id);
    rows.insert('pull', {
      repository: repository.id,
      number: next,
      title: pull.title,
      body: pull.body,
      state: 'open',
      draft: Number(pull.draft),
      head: pull.head,
      head_sha: sides.headSha,
      base: pull.base,
      base_sha: sides.baseSha,
      author: login,
      labels: '[]',
      created_at: now,
      updated_at: now,
    });
    return next;
  });
  const created = findPull(rows, repository.id, number);
  if (created === undefined) throw new Error(`pull request ${number} is gone`);
  return created;
}
