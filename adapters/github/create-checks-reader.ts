import type { Octokit } from 'octokit';
import { RequestError } from 'octokit';
import type { CheckState, Checks, RepoName, Sha } from '../../core/port/forge.ts';
import type { Connection, RepoParams } from './create-connection.ts';
import { isRateLimited } from './translate-error.ts';

const PAGE_SIZE = 100;
const PASSING_CONCLUSIONS = new Set(['success', 'neutral', 'skipped']);

type CheckResult = {
  readonly name: string;
  readonly state: 'pending' | 'green' | 'red';
  readonly summary: string;
  readonly url: string | null;
};

/** Kinds of checks; true if the credential may read checks of this kind. */
export type CheckAccess = {
  readonly checkRuns: boolean;
  /** Workflow runs of GitHub Actions. */
  readonly workflowRuns: boolean;
  readonly statuses: boolean;
};

/** After GitHub has refused to return check runs, milliseconds until check runs are requested again. */
const REFUSAL_TTL_MS = 10 * 60_000;

/**
 * Creates a function that reads check runs and commit statuses, because some CI systems report check runs and others statuses.
 * GitHub forbids fine-grained personal tokens to read check runs. The function then reads the workflow runs of GitHub Actions
 * instead, and does not request check runs again for ten minutes.
 */
export function createChecksReader(connection: Connection) {
  const checkRunsRefusedUntil = new Map<RepoName, number>();
  return async (repo: RepoName, sha: Sha): Promise<Checks> => {
    const skipCheckRuns = (checkRunsRefusedUntil.get(repo) ?? 0) > connection.now();
    const { results, access } = await readAllChecks(connection, repo, sha, skipCheckRuns);
    if (!access.checkRuns && !skipCheckRuns)
      checkRunsRefusedUntil.set(repo, connection.now() + REFUSAL_TTL_MS);
    const hasUnreadableChecks = !canReadChecks(access);
    return { ...summariseChecks(results), ...(hasUnreadableChecks && { hasUnreadableChecks }) };
  };
}

/** Tests which kinds of checks the credential may read; `sha` may be any commit. */
export async function probeCheckAccess(
  connection: Connection,
  repo: RepoName,
  sha: Sha,
): Promise<CheckAccess> {
  return (await readAllChecks(connection, repo, sha, false)).access;
}

/** Returns true if the credential may read commit statuses, and either check runs or, in their place, workflow runs. */
export function canReadChecks({ checkRuns, workflowRuns, statuses }: CheckAccess): boolean {
  return statuses && (checkRuns || workflowRuns);
}

function readAllChecks(connection: Connection, repo: RepoName, sha: Sha, skipCheckRuns: boolean) {
  return connection.callForge(
    `read the checks of ${repo} ${sha}`,
    repo,
    async (octokit, repoParams) => {
      const [checkRuns, statuses] = await Promise.all([
        skipCheckRuns
          ? undefined
          : readUnlessForbidden(() => listCheckRuns(octokit, repoParams, sha)),
        readUnlessForbidden(() => listStatuses(octokit, repoParams, sha)),
      ]);
      const workflowRuns = checkRuns
        ? []
        : await readUnlessForbidden(() => listWorkflowRuns(octokit, repoParams, sha));
      const access: CheckAccess = {
        checkRuns: checkRuns !== undefined,
        workflowRuns: workflowRuns !== undefined,
        statuses: statuses !== undefined,
      };
      return { results: [...(checkRuns ?? workflowRuns ?? []), ...(statuses ?? [])], access };
    },
  );
}

/** Returns undefined if the credential lacks the permission. */
async function readUnlessForbidden<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isForbidden(error) && !isRateLimited(error)) return undefined;
    throw error;
  }
}

function isForbidden(error: unknown): error is RequestError {
  return error instanceof RequestError && error.status === 403;
}

function summariseChecks(results: readonly CheckResult[]): Checks {
  const failing = results.filter(({ state }) => state === 'red');
  const pending = results.filter(({ state }) => state === 'pending').map(({ name }) => name);
  return {
    state: computeCheckState(results.length, failing.length, pending.length),
    failing: failing.map(({ name, summary, url }) => ({
      name,
      summary,
      ...(url !== null && { url }),
    })),
    pending,
  };
}

function computeCheckState(total: number, failing: number, pending: number): CheckState {
  if (failing > 0) return 'red';
  if (pending > 0) return 'pending';
  return total > 0 ? 'green' : 'none';
}

async function listCheckRuns(
  octokit: Octokit,
  repoParams: RepoParams,
  ref: Sha,
): Promise<CheckResult[]> {
  const runs = await octokit.paginate(octokit.rest.checks.listForRef, {
    ...repoParams,
    ref,
    per_page: PAGE_SIZE,
  });
  return runs.map((run) => ({
    name: run.name,
    state: toRunState(run.status, run.conclusion),
    summary: [run.output.title, run.output.summary].filter(Boolean).join('\n'),
    url: run.details_url ?? run.html_url,
  }));
}

/** Lists the newest run for each pair of workflow and triggering event. */
async function listWorkflowRuns(
  octokit: Octokit,
  repoParams: RepoParams,
  sha: Sha,
): Promise<CheckResult[]> {
  const runs = await octokit.paginate(octokit.rest.actions.listWorkflowRunsForRepo, {
    ...repoParams,
    head_sha: sha,
    per_page: PAGE_SIZE,
  });
  const newest = new Map<string, (typeof runs)[number]>();
  for (const run of runs) {
    const key = `${run.workflow_id} ${run.event}`;
    if ((newest.get(key)?.run_number ?? 0) < run.run_number) newest.set(key, run);
  }
  return [...newest.values()].map((run) => ({
    name: run.name ?? `workflow ${run.workflow_id}`,
    state: toRunState(run.status ?? 'queued', run.conclusion),
    summary:
      run.conclusion === null
        ? 'the workflow is still running'
        : `the workflow ended with ${run.conclusion}`,
    url: run.html_url,
  }));
}

function toRunState(status: string, conclusion: string | null): CheckResult['state'] {
  if (status !== 'completed') return 'pending';
  return PASSING_CONCLUSIONS.has(conclusion ?? '') ? 'green' : 'red';
}

async function listStatuses(
  octokit: Octokit,
  repoParams: RepoParams,
  ref: Sha,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (let page = 1; ; page += 1) {
    const { data } = await octokit.rest.repos.getCombinedStatusForRef({
      ...repoParams,
      ref,
      per_page: PAGE_SIZE,
      page,
    });
    for (const status of data.statuses) {
      results.push({
        name: status.context,
        state: STATUS_STATES[status.state] ?? 'red',
        summary: status.description ?? '',
        url: status.target_url,
      });
    }
    if (data.statuses.length === 0 || results.length >= data.total_count) return results;
  }
}

const STATUS_STATES: Readonly<Record<string, CheckResult['state']>> = {
  success: 'green',
  pending: 'pending',
};
