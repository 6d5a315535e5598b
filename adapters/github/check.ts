import type { Octokit } from 'octokit';
import type { CheckState, Checks, RepoName, Sha } from '../../core/port/forge.ts';
import type { Connection, RepositoryId } from './connection.ts';

const PAGE = 100;
const GOOD = new Set(['success', 'neutral', 'skipped']);

type Result = {
  name: string;
  state: 'pending' | 'green' | 'red';
  summary: string;
  url: string | null;
};

/** Check runs and commit statuses together: CI uses either. */
export async function readChecks(
  connection: Connection,
  repo: RepoName,
  sha: Sha,
): Promise<Checks> {
  return connection.call(`read the checks of ${repo} ${sha}`, repo, async (octokit, id) => {
    const [runs, statuses] = await Promise.all([
      listRuns(octokit, id, sha),
      listStatuses(octokit, id, sha),
    ]);
    return summarise([...runs, ...statuses]);
  });
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
