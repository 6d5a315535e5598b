import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendRawRequest } from '../../support/forge/send-raw-request.ts';
import type { TestForge, TestRepository } from '../../support/forge/test-forge.ts';
import { startTestForge } from '../../support/forge/test-forge.ts';

// Sends hostile values in requests for pull requests, merges, checks, rules and GraphQL. The forge refuses a value with the
// status and message of GitHub, or stores the value as text. No value causes a server error or moves a branch.

const REPOSITORY = '/repos/acme/own';

let forge: TestForge;
let repository: TestRepository;
let feature: string;
/** Number and GraphQL id of an open pull request from `feature` into `main`. */
let number: number;
let nodeId: string;

beforeAll(async () => {
  forge = await startTestForge();
  repository = await forge.makeRepository('own');
  feature = await forge.pushBranch(repository, 'feature', { 'b.txt': 'b\n' });
  const created = await call('POST', '/pulls', { head: 'feature', base: 'main', title: 'One' });
  expect(created.status, created.text).toBe(201);
  ({ number, node_id: nodeId } = JSON.parse(created.text));
});

afterAll(() => forge.close());

const call = (method: string, path: string, body?: unknown) =>
  sendRawRequest(forge, method, `${REPOSITORY}${path}`, body);
const callGraphql = (body: unknown) => sendRawRequest(forge, 'POST', '/../graphql', body);

async function expectBranchesUnmoved(): Promise<void> {
  for (const [branch, sha] of [
    ['main', repository.main],
    ['feature', feature],
  ]) {
    const { text } = await call('GET', `/git/ref/heads/${branch}`);
    expect(JSON.parse(text)).toMatchObject({ object: { sha } });
  }
}

const HOSTILE_NAMES = [
  '',
  '--help',
  '-h',
  '../../HEAD',
  'refs/heads/../../config',
  'main^{tree}',
  'main~0',
  'HEAD@{0}',
  ':/a',
  'x$(id)',
  '`id`',
  'a\0b',
  'a\nb',
  'other:main',
  'x'.repeat(100_000),
];

/** Hostile names, each with a short label for the title of a test. */
const LABELLED_NAMES = HOSTILE_NAMES.map((name) => [name.slice(0, 40), name] as const);

describe.each(LABELLED_NAMES)('with the name %j', (_label, name) => {
  test('a pull request refuses the name as head and base', async () => {
    for (const branches of [
      { head: name, base: 'main' },
      { head: 'feature', base: name },
    ]) {
      const { status, text } = await call('POST', '/pulls', { ...branches, title: 'Two' });
      expect([403, 422], text).toContain(status);
    }
  });

  test('a merge refuses the name as head and base', async () => {
    for (const branches of [
      { head: name, base: 'main' },
      { head: 'feature', base: name },
    ]) {
      const { status, text } = await call('POST', '/merges', branches);
      expect([404, 422], text).toContain(status);
    }
    await expectBranchesUnmoved();
  });

  test('a check and a merge refuse the name as a commit id', async () => {
    const check = await call('POST', '/check-runs', { name: 'ci', head_sha: name });
    expect(check.status, check.text).toBe(422);
    const merged = await call('PUT', `/pulls/${number}/merge`, { sha: name });
    expect(merged.status, merged.text).toBe(409);
    await expectBranchesUnmoved();
  });

  test('a GraphQL mutation refuses the name as a pull request id', async () => {
    const query = 'mutation { markPullRequestReadyForReview { pullRequest { id } } }';
    const { status, text } = await callGraphql({ query, variables: { id: name } });
    expect(status, text).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ errors: [{ type: 'NOT_FOUND' }] });
  });
});

test.each(['0', '-1', '1.5', '1e99', 'abc', '%00', '1%2f..', '99999999999999999999', '1;--'])(
  'a read of pull request number %s is answered with 404',
  async (value) => {
    for (const path of ['', '/files', '/merge', '/reviews', '/comments']) {
      const { status, text } = await call('GET', `/pulls/${value}${path}`);
      expect(status, `${path}: ${text}`).toBe(404);
    }
  },
);

test.each(['1e300', '-1', '0', 'abc', 'Infinity', '99999999999999999999', '%00', ''])(
  'a list with page or page size %j is answered with 200',
  async (value) => {
    for (const query of [`page=${value}`, `per_page=${value}`, `page=${value}&per_page=${value}`]) {
      const { status, text } = await call('GET', `/pulls?${query}`);
      expect(status, `${query}: ${text}`).toBe(200);
      expect(JSON.parse(text).length).toBeLessThanOrEqual(1);
    }
  },
);

const INVALID_REQUESTS = [
  ['POST', '/pulls', { head: 'feature', base: 'main', title: 7 }],
  ['POST', '/pulls', { head: 'feature', base: 'main', title: 'x'.repeat(257) }],
  ['POST', '/pulls', { head: ['feature'], base: 'main', title: 'x' }],
  ['POST', '/pulls', []],
  ['PATCH', '/pulls/1', { state: 'merged' }],
  ['PATCH', '/pulls/1', { body: 'x'.repeat(65_537) }],
  ['PUT', '/pulls/1/merge', { merge_method: '--squash' }],
  ['POST', '/pulls/1/reviews', { event: 'approve' }],
  ['POST', '/pulls/1/comments', { body: 'x', path: 'a', line: 'one' }],
  ['POST', '/issues/1/comments', { body: '' }],
  ['POST', '/issues/1/labels', { labels: [''] }],
  ['POST', '/check-runs', { name: 'ci', head_sha: 'main', conclusion: 'fine' }],
  ['POST', '/rulesets', { name: 'r', enforcement: 'active', rules: [] }],
  ['PUT', '/branches/main/protection', { required_status_checks: 'all' }],
  ['POST', '/merges', { base: 'main', head: 'feature', commit_message: 1 }],
] as const;

test.each(
  INVALID_REQUESTS.map(([method, path, body]) => ({
    method,
    path,
    body,
    label: JSON.stringify(body).slice(0, 90),
  })),
)(
  '$method $path with the body $label is answered with 422 and a reason',
  async ({ method, path, body }) => {
    const { status, text } = await call(method, path, body);
    expect(status, text).toBe(422);
    expect(JSON.parse(text).message).toMatch(/^(Invalid request|Validation Failed)/);
    await expectBranchesUnmoved();
  },
);

test.each(['{', '', '"x"', 'null', '[1]', '\0'])(
  'a GraphQL body of %j is refused',
  async (body) => {
    const { status, text } = await callGraphql(body);
    expect([400, 422], text).toContain(status);
  },
);

test('titles, bodies and comments keep hostile text unchanged', async () => {
  const hostile =
    '--help\n$(id) `id` <script>alert(1)</script> \u0000 \ud83d\ude00 "; drop table pull;--';
  const changed = await call('PATCH', `/pulls/${number}`, { title: hostile, body: hostile });
  expect(changed.status, changed.text).toBe(200);
  expect(JSON.parse(changed.text)).toMatchObject({ title: hostile, body: hostile });
  const comment = await call('POST', `/issues/${number}/comments`, { body: hostile });
  expect(JSON.parse(comment.text)).toMatchObject({ body: hostile });
  expect(JSON.parse((await call('GET', '/pulls')).text)).toMatchObject([{ node_id: nodeId }]);
});

test('a ruleset whose patterns have many stars is evaluated within the test timeout', async () => {
  const include = [`refs/heads/${'**a'.repeat(40)}`, `${'*'.repeat(200)}x`];
  const rules = [{ type: 'deletion' }];
  const conditions = { ref_name: { include } };
  const body = { name: 'stars', enforcement: 'active', conditions, rules };
  const created = await call('POST', '/rulesets', body);
  expect(created.status, created.text).toBe(201);

  const { status, text } = await call('GET', `/rules/branches/${'a'.repeat(60)}b`);

  expect(status, text).toBe(200);
  expect(JSON.parse(text)).toEqual([]);
});

test('a merge drops a zero byte from its commit message', async () => {
  const body = { base: 'main', head: 'feature', commit_message: 'a\0b' };
  const { status, text } = await call('POST', '/merges', body);
  expect(status, text).toBe(201);
  expect(JSON.parse(text)).toMatchObject({ commit: { message: expect.stringMatching(/^ab\n?$/) } });
});
