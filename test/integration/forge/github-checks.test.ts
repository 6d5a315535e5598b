import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CannedGitHub } from '../../support/forge/canned-github.ts';
import { FORBIDDEN_ANSWER, startCannedGitHub } from '../../support/forge/canned-github.ts';

// A fine-grained token of a person: GitHub gives none the permission to read check runs.

const REPO = 'acme/shop';
const SHA = 'a'.repeat(40);
const CHECK_RUNS = `GET /repos/${REPO}/commits/${SHA}/check-runs`;
const STATUSES = `GET /repos/${REPO}/commits/${SHA}/status`;
const ACTIONS = `GET /repos/${REPO}/actions/runs`;

let github: CannedGitHub;
beforeEach(async () => {
  github = await startCannedGitHub({
    [CHECK_RUNS]: FORBIDDEN_ANSWER,
    [STATUSES]: { body: { state: 'pending', total_count: 0, statuses: [] } },
    [ACTIONS]: createCheckRuns(),
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

type CheckRun = {
  readonly name: string;
  readonly status?: string;
  readonly conclusion?: string | null;
  readonly number?: number;
};

function createCheckRuns(...all: CheckRun[]) {
  const workflow_runs = all.map((run, i) => ({
    id: i + 1,
    name: run.name,
    workflow_id: run.name.length,
    event: 'push',
    run_number: run.number ?? 1,
    status: run.status ?? 'completed',
    conclusion: run.conclusion ?? null,
    html_url: `https://github.test/runs/${i + 1}`,
  }));
  return { body: { total_count: all.length, workflow_runs } };
}

function createStatus(state: string) {
  return { body: { state, total_count: 1, statuses: [{ context: 'ci/circle', state }] } };
}

test('runs of Actions take the place of check runs, beside commit statuses', async () => {
  github.answers[ACTIONS] = createCheckRuns({ name: 'test', conclusion: 'success' });
  github.answers[STATUSES] = createStatus('success');

  expect(await github.forge.readChecks(REPO, SHA)).toEqual({
    state: 'green',
    failing: [],
    pending: [],
  });
  expect(github.requests.find((request) => request.startsWith(ACTIONS))).toContain(
    `head_sha=${SHA}`,
  );
});

test.each([
  ['red', { name: 'test', conclusion: 'failure' }],
  ['red', { name: 'test', conclusion: 'cancelled' }],
  ['pending', { name: 'test', status: 'in_progress' }],
  ['green', { name: 'test', conclusion: 'skipped' }],
])('a workflow is %s as its run is: %o', async (state, run) => {
  github.answers[ACTIONS] = createCheckRuns(run);

  expect(await github.forge.readChecks(REPO, SHA)).toMatchObject({ state });
});

test('of a workflow that ran twice the newer run counts', async () => {
  github.answers[ACTIONS] = createCheckRuns(
    { name: 'test', conclusion: 'failure', number: 3 },
    { name: 'test', conclusion: 'success', number: 4 },
  );

  expect(await github.forge.readChecks(REPO, SHA)).toMatchObject({ state: 'green' });
});

test('a red workflow is named with its address', async () => {
  github.answers[ACTIONS] = createCheckRuns({ name: 'lint', conclusion: 'timed_out' });

  expect((await github.forge.readChecks(REPO, SHA)).failing).toEqual([
    {
      name: 'lint',
      summary: 'the workflow ended with timed_out',
      url: 'https://github.test/runs/1',
    },
  ]);
});

test('where neither may be read a person has to look, and what may be read still counts', async () => {
  github.answers[ACTIONS] = FORBIDDEN_ANSWER;
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
  github.answers[ACTIONS] = createCheckRuns({ name: 'test', conclusion: 'success' });
  expect(await github.forge.readChecks(REPO, SHA)).toMatchObject({
    state: 'green',
    hasUnreadableChecks: true,
  });
});

test('what was refused is not asked again for ten minutes', async () => {
  const asked = () => github.requests.filter((request) => request.startsWith(CHECK_RUNS)).length;
  await github.forge.readChecks(REPO, SHA);
  await github.forge.readChecks(REPO, SHA);
  expect(asked()).toBe(1);

  github.advanceClock(600_001);
  github.answers[CHECK_RUNS] = { body: { total_count: 0, check_runs: [] } };

  expect(await github.forge.readChecks(REPO, SHA)).toEqual({
    state: 'none',
    failing: [],
    pending: [],
  });
  expect(asked()).toBe(2);
});

test('a rate limit is no lack of permission', async () => {
  github.answers[CHECK_RUNS] = {
    status: 403,
    headers: { 'retry-after': '30' },
    body: { message: 'You have exceeded a secondary rate limit.' },
  };

  await expect(github.forge.readChecks(REPO, SHA)).rejects.toMatchObject({ kind: 'paused' });
});

test('preflight says beforehand what cannot be read, and which permission is lacking', async () => {
  const found = async () => {
    const findings = await github.forge.runPreflight(REPO, 'main', 'gang/');
    return findings.filter(({ rule }) => rule.startsWith('check'));
  };

  expect(await found()).toMatchObject([{ rule: 'check_runs_unreadable', blocking: false }]);
  github.answers[ACTIONS] = FORBIDDEN_ANSWER;
  github.answers[STATUSES] = FORBIDDEN_ANSWER;
  const [finding] = await found();
  expect(finding).toMatchObject({ rule: 'checks_unreadable', blocking: false });
  expect(finding?.message).toContain('Actions: read and Commit statuses: read');

  github.answers[CHECK_RUNS] = { body: { total_count: 0, check_runs: [] } };
  github.answers[STATUSES] = createStatus('success');
  expect(await found()).toEqual([]);
});
