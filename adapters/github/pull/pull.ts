import type { Octokit } from 'octokit';
import { isAppError } from '../../../core/base/app-error.ts';
import type { PullQuery, PullRequest, PullState, RepoName } from '../../../core/port/forge.ts';
import type { Connection } from '../create-connection.ts';
import { splitRepoName } from '../create-connection.ts';
import { addNotReadyMark, hasNotReadyMark, removeNotReadyMark } from './not-ready-mark.ts';

type PullsClient = Octokit['rest']['pulls'];
type ListedPull = Awaited<ReturnType<PullsClient['list']>>['data'][number];
type DetailedPull = Awaited<ReturnType<PullsClient['get']>>['data'];

const PAGE_SIZE = 100;
/** Maximum number of pages of changed pull requests, because the port promises at most 1,000. */
const MAX_PAGES = 10;

/** Converts a pull request from GitHub's REST format. */
export function toPull(data: ListedPull | DetailedPull): PullRequest {
  return {
    number: data.number,
    nodeId: data.node_id,
    url: data.html_url,
    title: removeNotReadyMark(data.title),
    body: data.body ?? '',
    state: toPullState(data),
    draft: data.draft === true || hasNotReadyMark(data.title),
    head: data.head.ref,
    headSha: data.head.sha,
    base: data.base.ref,
    isMergeable: 'mergeable' in data ? data.mergeable : null,
    ...(data.merged_at !== null && { mergeSha: data.merge_commit_sha ?? '' }),
    labels: data.labels.map((label) => label.name ?? ''),
    updatedAt: Date.parse(data.updated_at),
    author: data.user?.login ?? 'ghost',
  };
}

function toPullState(data: ListedPull | DetailedPull): PullState {
  if (data.merged_at !== null) return 'merged';
  return data.state === 'open' ? 'open' : 'closed';
}

/** Lists all pull requests from a branch, newest first. */
async function listPullsFrom(
  connection: Connection,
  repo: RepoName,
  head: string,
): Promise<PullRequest[]> {
  return connection.callForge(
    `find a pull request from ${head}`,
    repo,
    async (octokit, repoParams) => {
      const pulls = await octokit.paginate(octokit.rest.pulls.list, {
        ...repoParams,
        head: `${repoParams.owner}:${head}`,
        state: 'all',
        sort: 'created',
        direction: 'desc',
        per_page: PAGE_SIZE,
      });
      return pulls.map(toPull).filter((pull) => pull.head === head);
    },
  );
}

export async function findPull(
  connection: Connection,
  repo: RepoName,
  { head, base, labels }: PullQuery,
): Promise<PullRequest | undefined> {
  const pulls = await listPullsFrom(connection, repo, head);
  const intoBase = pulls.filter((pull) => pull.base === base);
  const findByState = (state: PullState) => intoBase.find((pull) => pull.state === state);
  // A label distinguishes a pull request whose base a person changed from a pull request that a person opened.
  const hasLabel = (pull: PullRequest) => pull.labels.some((label) => labels.includes(label));
  return (
    findByState('open') ??
    findByState('merged') ??
    intoBase[0] ??
    pulls.find((pull) => pull.state === 'open' && hasLabel(pull))
  );
}

export async function readPull(
  connection: Connection,
  repo: RepoName,
  number: number,
): Promise<PullRequest> {
  return toPull(await readRawPull(connection, repo, number));
}

/** Reads a pull request in GitHub's REST format. */
export function readRawPull(
  connection: Connection,
  repo: RepoName,
  number: number,
): Promise<DetailedPull> {
  return connection.callForge(`read ${repo}#${number}`, repo, async (octokit, repoParams) => {
    const { data } = await octokit.rest.pulls.get({ ...repoParams, pull_number: number });
    return data;
  });
}

/** Change of a pull request; absent fields stay unchanged. */
export type PullChange = {
  readonly title?: string;
  readonly body?: string;
  readonly labels?: string[];
};

export async function updatePull(
  connection: Connection,
  repo: RepoName,
  number: number,
  change: PullChange,
): Promise<void> {
  const { title, body, labels } = change;
  if (title !== undefined || body !== undefined) {
    const markedTitle =
      title === undefined ? undefined : await preserveNotReadyMark(connection, repo, number, title);
    await patchPull(connection, repo, number, {
      ...(markedTitle !== undefined && { title: markedTitle }),
      ...(body !== undefined && { body }),
    });
  }
  if (labels === undefined) return;
  await connection.callForge(`label ${repo}#${number}`, repo, (octokit, repoParams) =>
    octokit.rest.issues.setLabels({ ...repoParams, issue_number: number, labels }),
  );
}

/** Adds the "not ready" mark to a new title if the current title has the mark. */
async function preserveNotReadyMark(
  connection: Connection,
  repo: RepoName,
  number: number,
  title: string,
): Promise<string> {
  const current = await readRawPull(connection, repo, number);
  return hasNotReadyMark(current.title) ? addNotReadyMark(title) : title;
}

export async function patchPull(
  connection: Connection,
  repo: RepoName,
  number: number,
  change: {
    readonly title?: string;
    readonly body?: string;
    readonly state?: 'open' | 'closed';
    readonly base?: string;
  },
): Promise<void> {
  await connection.callForge(`change ${repo}#${number}`, repo, (octokit, repoParams) =>
    octokit.rest.pulls.update({ ...repoParams, pull_number: number, ...change }),
  );
}

export async function closePull(
  connection: Connection,
  repo: RepoName,
  number: number,
): Promise<void> {
  await patchPull(connection, repo, number, { state: 'closed' });
}

export async function changePullBase(
  connection: Connection,
  repo: RepoName,
  number: number,
  base: string,
): Promise<void> {
  await patchPull(connection, repo, number, { base });
}

/** Reopens a pull request; does nothing if the pull request is open. */
export async function reopenPull(
  connection: Connection,
  repo: RepoName,
  number: number,
): Promise<void> {
  try {
    await patchPull(connection, repo, number, { state: 'open' });
  } catch (error) {
    if (!isAppError(error, 'refused')) throw error;
    const pull = await readPull(connection, repo, number);
    if (pull.state !== 'open') throw error;
  }
}

/**
 * Creates a function that lists changed pull requests, newest first. Keeps the last list of each repository with its ETag, because
 * an unchanged list does not count against the rate limit.
 */
export function createChangedPullsReader(
  connection: Connection,
): (repo: RepoName, since: number) => Promise<PullRequest[]> {
  const lastLists = new Map<
    RepoName,
    { readonly sinceMs: number; readonly etag: string; readonly pulls: PullRequest[] }
  >();
  return async (repo, since) => {
    // GitHub reports times in whole seconds.
    const sinceMs = Math.floor(since / 1_000) * 1_000;
    const lastList = lastLists.get(repo);
    const reusable = lastList !== undefined && lastList.sinceMs <= sinceMs ? lastList : undefined;
    const pulls = await connection.callForge(`list changes in ${repo}`, repo, async (octokit) => {
      const firstPage = await readPageByUpdate(octokit, repo, 1, reusable?.etag);
      if (firstPage === 'unchanged') return reusable?.pulls ?? [];
      const list = await appendOlderPulls(octokit, repo, firstPage.data.map(toPull), sinceMs);
      const { etag } = firstPage.headers;
      if (etag !== undefined) lastLists.set(repo, { sinceMs, etag, pulls: list });
      return list;
    });
    return pulls.filter((pull) => pull.updatedAt >= sinceMs);
  };
}

/**
 * Appends older pages. A pull request that changes meanwhile moves to the front, so the pages may repeat a pull request but miss
 * none.
 */
async function appendOlderPulls(
  octokit: Octokit,
  repo: RepoName,
  firstPage: readonly PullRequest[],
  sinceMs: number,
): Promise<PullRequest[]> {
  const pulls = new Map(firstPage.map((pull) => [pull.number, pull]));
  let lastPage = firstPage;
  for (let page = 2; page <= MAX_PAGES; page += 1) {
    const oldest = lastPage.at(-1);
    if (lastPage.length < PAGE_SIZE || oldest === undefined || oldest.updatedAt < sinceMs) break;
    const next = await readPageByUpdate(octokit, repo, page);
    lastPage = next === 'unchanged' ? [] : next.data.map(toPull);
    for (const pull of lastPage) if (!pulls.has(pull.number)) pulls.set(pull.number, pull);
  }
  return [...pulls.values()];
}

/** Reads a page of all pull requests, last update first; returns `unchanged` if the page still has the given ETag. */
async function readPageByUpdate(octokit: Octokit, repo: RepoName, page: number, etag?: string) {
  try {
    return await octokit.rest.pulls.list({
      ...splitRepoName(repo),
      state: 'all',
      sort: 'updated',
      direction: 'desc',
      per_page: PAGE_SIZE,
      page,
      ...(etag !== undefined && { headers: { 'if-none-match': etag } }),
    });
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 304) return 'unchanged';
    throw error;
  }
}
