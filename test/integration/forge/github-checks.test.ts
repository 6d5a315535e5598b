import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CannedGitHub } from '../../support/forge/canned-github.ts';
import { FORBIDDEN_ANSWER, startCannedGitHub } from '../../support/forge/canned-github.ts';

// The client uses a fine-grained token of a person. GitHub does not let such tokens read check runs.

const REPO = 'acme/shop';
const SHA = 'a'.repeat(40);
const CHECK_RUNS = `GET /repos/${REPO}/commits/${SHA}/check-runs`;
const STATUSES = `GET /repos/${REPO}/commits/${SHA}/status`;
const WORKFLOW_RUNS = `GET /repos/${REPO}/actions/runs`;

let github: CannedGitHub;
beforeEach(async () => {
  github = await startCannedGitHub({
    [CHECK_RUNS]: FORBIDDEN_ANSWER,
    [STATUSES]: { body: { state: 'pending', total_count: 0, statuses: [] } },
    [WORKFLOW_RUNS]: createWorkflowRuns(),
    [`GET /repos/${REPO}`]: {
      body: {
        full_name: REPO,
        default_branch: 'main',
        permissions: { push: true, pull: true },
        clone_url: `https://github.test/${REPO}.git`,
      },
    },
    [`GET /repos/${REPO}/git/ref/heads%2Fmain`]: { body: { object: { sha: SHA } } },
    [`GET /repos/${REPO}/rules/branches/gang%2Froot`]: { body: [] },
  });
});
afterEach(() => github.close());

type WorkflowRun = {
  readonly name: string;
  readonly status?: string;
  readonly conclusion?: string | null;
  readonly number?: number;
};

function createWorkflowRuns(...runs: WorkflowRun[]) {
  const workflow_runs = runs.map((run, index) => ({
    id: index + 1,
    name: run.name,
    workflow_id: run.name.length,
    event: 'push',
    run_number: run.number ?? 1,
    status: run.status ?? 'completed',
    conclusion: run.conclusion ?? null,
    html_url: `https://github.test/runs/${index + 1}`,
  }));
  return { body: { total_count: runs.length, workflow_runs } };
}

function createStatus(state: string) {
  return { body: { state, total_count: 1, statuses: [{ context: 'ci/circle', state }] } };
}

test('readChecks reads workflow runs of GitHub Actions instead of check runs, and commit statuses', async () => {
  github.answers[WORKFLOW_RUNS] = createWorkflowRuns({ name: 'test', conclusion: 'success' });
  github.answers[STATUSES] = createStatus('success');

  expect(await github.forge.readChecks(REPO, SHA)).toEqual({
    state: 'green',
    failing: [],
    pending: [],
  });
  expect(github.requests.find((request) => request.startsWith(WORKFLOW_RUNS))).toContain(
    `head_sha=${SHA}`,
  );
});

test.each([
  ['red', { name: 'test', conclusion: 'failure' }],
  ['red', { name: 'test', conclusion: 'cancelled' }],
  ['pending', { name: 'test', status: 'in_progress' }],
  ['green', { name: 'test', conclusion: 'skipped' }],
])('the state of the checks is %s for the workflow run %o', async (state, run) => {
  github.answers[WORKFLOW_RUNS] = createWorkflowRuns(run);

  expect(await github.forge.readChecks(REPO, SHA)).toMatchObject({ state });
});

test('only the newest run of a workflow counts', async () => {
  github.answers[WORKFLOW_RUNS] = createWorkflowRuns(
    { name: 'test', conclusion: 'failure', number: 3 },
    { name: 'test', conclusion: 'success', number: 4 },
  );

  expect(await github.forge.readChecks(REPO, SHA)).toMatchObject({ state: 'green' });
});

test('a failed workflow run is listed with its name and URL', async () => {
  github.answers[WORKFLOW_RUNS] = createWorkflowRuns({ name: 'lint', conclusion: 'timed_out' });

  expect((await github.forge.readChecks(REPO, SHA)).failing).toEqual([
    {
      name: 'lint',
      summary: 'the workflow ended with timed_out',
      url: 'https://github.test/runs/1',
    },
  ]);
});

test('unreadable checks are reported, and readable checks still count', async () => {
  github.answers[WORKFLOW_RUNS] = FORBIDDEN_ANSWER;
  expect(await github.forge.readChecks(REPO, SHA)).toMatchObject({
    state: 'none',
    hasUnreadableChecks: true,
  });

  github.answers[STATUSES] = createStatus('failure');
  expect(await github.forge.readChecks(REPO, SHA)).toMatchObject({
    state: 'red',
    hasUnreadableChecks: true,
  });

  github.answers[STATUSES] = FORBIDDEN_ANSWER;
  github.answers[WORKFLOW_RUNS] = createWorkflowRuns({ name: 'test', conclusion: 'success' });
  expect(await github.forge.readChecks(REPO, SHA)).toMatchObject({
    state: 'green',
    hasUnreadableChecks: true,
  });
});

test('readChecks does not read check runs again for ten minutes after a refusal', async () => {
  const countCheckRunReads = () =>
    github.requests.filter((request) => request.startsWith(CHECK_RUNS)).length;
  await github.forge.readChecks(REPO, SHA);
  await github.forge.readChecks(REPO, SHA);
  expect(countCheckRunReads()).toBe(1);

  github.advanceClock(600_001);
  github.answers[CHECK_RUNS] = { body: { total_count: 0, check_runs: [] } };

  expect(await github.forge.readChecks(REPO, SHA)).toEqual({
    state: 'none',
    failing: [],
    pending: [],
  });
  expect(countCheckRunReads()).toBe(2);
});

test('a rate limit with status 403 is not treated as a missing permission', async () => {
  github.answers[CHECK_RUNS] = {
    status: 403,
    headers: { 'retry-after': '30' },
    body: { message: 'You have exceeded a secondary rate limit.' },
  };

  await expect(github.forge.readChecks(REPO, SHA)).rejects.toMatchObject({ kind: 'paused' });
});

test('runPreflight reports unreadable checks and the missing permission', async () => {
  const listCheckFindings = async () => {
    const findings = await github.forge.runPreflight(REPO, 'main', 'gang/');
    return findings.filter(({ rule }) => rule.startsWith('check'));
  };

  expect(await listCheckFindings()).toMatchObject([
    { rule: 'check_runs_unreadable', blocking: false },
  ]);
  github.answers[WORKFLOW_RUNS] = FORBIDDEN_ANSWER;
  github.answers[STATUSES] = FORBIDDEN_ANSWER;
  const [finding] = await listCheckFindings();
  expect(finding).toMatchObject({ rule: 'checks_unreadable', blocking: false });
  expect(finding?.message).toContain('Actions: read and Commit statuses: read');

  github.answers[CHECK_RUNS] = { body: { total_count: 0, check_runs: [] } };
  github.answers[STATUSES] = createStatus('success');
  expect(await listCheckFindings()).toEqual([]);
});
