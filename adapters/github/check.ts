import { type Octokit, RequestError } from 'octokit';
import type { CheckState, Checks, RepoName, Sha } from '../../core/port/forge.ts';
import type { Connection, RepositoryId } from './connection.ts';
import { isRateLimited } from './translate-error.ts';

const PAGE = 100;
const GOOD = new Set(['success', 'neutral', 'skipped']);

type Result = {
  name: string;
  state: 'pending' | 'green' | 'red';
  summary: string;
  url: string | null;
};

/** What a credential may read of the checks of a repository. */
export type CheckAccess = {
  checkRuns: boolean;
  /** The runs of GitHub Actions, which are most people's checks. */
  actions: boolean;
  statuses: boolean;
};

const REMEMBER_MS = 10 * 60_000;

/**
 * A function that reads check runs and commit statuses together: CI uses either. No fine-grained token of a person may read
 * check runs; the runs of GitHub Actions are taken in their place. It remembers for ten minutes what was refused.
 */
export function createChecks(connection: Connection) {
  const refused = new Map<RepoName, number>();
  return async (repo: RepoName, sha: Sha): Promise<Checks> => {
    const isKnown = (refused.get(repo) ?? 0) > connection.now();
    const { results, access } = await readAll(connection, repo, sha, isKnown);
    if (!access.checkRuns && !isKnown) refused.set(repo, connection.now() + REMEMBER_MS);
    const unread = !isReadable(access);
    return { ...summarise(results), ...(unread && { unread }) };
  };
}

/** Asked of any commit: said to people before they rely on it. */
export async function probeCheckAccess(
  connection: Connection,
  repo: RepoName,
  sha: Sha,
): Promise<CheckAccess> {
  return (await readAll(connection, repo, sha, false)).access;
}

/** Of apps other than Actions nothing may be seen, which no token tells. */
export function isReadable({ checkRuns, actions, statuses }: CheckAccess): boolean {
  return statuses && (checkRuns || actions);
}

function readAll(connection: Connection, repo: RepoName, sha: Sha, skipCheckRuns: boolean) {
  return connection.call(`read the checks of ${repo} ${sha}`, repo, async (octokit, id) => {
    const [checkRuns, statuses] = await Promise.all([
      skipCheckRuns ? undefined : unlessForbidden(() => listRuns(octokit, id, sha)),
      unlessForbidden(() => listStatuses(octokit, id, sha)),
    ]);
    const actions = checkRuns ? [] : await unlessForbidden(() => listActions(octokit, id, sha));
    const access: CheckAccess = {
      checkRuns: checkRuns !== undefined,
      actions: actions !== undefined,
      statuses: statuses !== undefined,
    };
    return { results: [...(checkRuns ?? actions ?? []), ...(statuses ?? [])], access };
  });
}

/** Undefined: the credential lacks the permission. */
async function unlessForbidden<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isForbidden(error) && !isRateLimited(error)) return undefined;
    throw error;
  }
}

function isForbidden(error: unknown): error is RequestError {
  return error instanceof RequestError && error.status === 403;
}

function summarise(results: readonly Result[]): Checks {
  const failing = results.filter(({ state }) => state === 'red');
  const pending = results.filter(({ state }) => state === 'pending').map(({ name }) => name);
  return {
    state: stateOf(results.length, failing.length, pending.length),
    failing: failing.map(({ name, summary, url }) => ({
      name,
      summary,
      ...(url !== null && { url }),
    })),
    pending,
  };
}

function stateOf(all: number, failing: number, pending: number): CheckState {
  if (failing > 0) return 'red';
  if (pending > 0) return 'pending';
  return all > 0 ? 'green' : 'none';
}

async function listRuns(octokit: Octokit, id: RepositoryId, ref: Sha): Promise<Result[]> {
  const runs = await octokit.paginate(octokit.rest.checks.listForRef, {
    ...id,
    ref,
    per_page: PAGE,
  });
  return runs.map((run) => ({
    name: run.name,
    state: runState(run.status, run.conclusion),
    summary: [run.output.title, run.output.summary].filter(Boolean).join('\n'),
    url: run.details_url ?? run.html_url,
  }));
}

/** Of each workflow the newest run; one that was run again is the same run. */
async function listActions(octokit: Octokit, id: RepositoryId, sha: Sha): Promise<Result[]> {
  const runs = await octokit.paginate(octokit.rest.actions.listWorkflowRunsForRepo, {
    ...id,
    head_sha: sha,
    per_page: PAGE,
  });
  const newest = new Map<string, (typeof runs)[number]>();
  for (const run of runs) {
    const key = `${run.workflow_id} ${run.event}`;
    if ((newest.get(key)?.run_number ?? 0) < run.run_number) newest.set(key, run);
  }
  return [...newest.values()].map((run) => ({
    name: run.name ?? `workflow ${run.workflow_id}`,
    state: runState(run.status ?? 'queued', run.conclusion),
    summary: `the workflow ended with ${run.conclusion ?? 'nothing yet'}`,
    url: run.html_url,
  }));
}

function runState(status: string, conclusion: string | null): Result['state'] {
  if (status !== 'completed') return 'pending';
  return GOOD.has(conclusion ?? '') ? 'green' : 'red';
}

async function listStatuses(octokit: Octokit, id: RepositoryId, ref: Sha): Promise<Result[]> {
  const results: Result[] = [];
  for (let page = 1; ; page += 1) {
    const { data } = await octokit.rest.repos.getCombinedStatusForRef({
      ...id,
      ref,
      per_page: PAGE,
      page,
    });
    for (const status of data.statuses) {
      results.push({
        name: status.context,
        state: STATUS[status.state] ?? 'red',
        summary: status.description ?? '',
        url: status.target_url,
      });
    }
    if (data.statuses.length === 0 || results.length >= data.total_count) return results;
  }
}

const STATUS: Readonly<Record<string, Result['state']>> = { success: 'green', pending: 'pending' };
