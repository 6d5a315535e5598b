import { RequestError } from 'octokit';
import { expect, test } from 'vitest';
import { AppError } from '../../core/base/app-error.ts';
import { translateError } from './translate-error.ts';

const NOW_MS = 1_800_000_000_000;

function createRequestError(
  status: number,
  data: unknown,
  headers: Record<string, string> = {},
): RequestError {
  return new RequestError('failed', status, {
    request: { method: 'GET', url: 'https://forge.test/x', headers: {} },
    response: { status, url: 'https://forge.test/x', headers, data },
  });
}

const createValidationBody = (message: string) => ({
  message: 'Validation Failed',
  errors: [{ message }],
});

test.each([
  [401, { message: 'Bad credentials' }, 'auth', 'forge_credential'],
  [403, { message: 'Resource not accessible by integration' }, 'refused', 'forge_forbidden'],
  [403, { message: 'Repository was archived so is read-only.' }, 'refused', 'archived'],
  [404, { message: 'Not Found' }, 'notFound', 'forge_not_found'],
  [405, { message: 'Pull Request is not mergeable' }, 'refused', 'not_mergeable'],
  [409, { message: 'Merge conflict' }, 'conflict', 'merge_conflict'],
  [409, { message: 'Git Repository is empty.' }, 'conflict', 'repository_empty'],
  [409, { message: 'something else' }, 'conflict', 'forge_conflict'],
  [422, createValidationBody('No commits between main and x'), 'refused', 'no_commits'],
  [422, createValidationBody('A pull request already exists for a:x.'), 'conflict', 'pull_exists'],
  [422, { message: 'Reference already exists' }, 'conflict', 'branch_exists'],
  [422, { message: 'Reference does not exist' }, 'notFound', 'branch_missing'],
  [422, { message: 'Update is not a fast forward' }, 'conflict', 'not_fast_forward'],
  [422, { message: 'Object does not exist' }, 'notFound', 'commit_missing'],
  [422, { message: 'Repository rule violations found\n\nNo.\n\n' }, 'refused', 'rule'],
  [422, { message: 'Validation Failed', errors: ['odd'] }, 'refused', 'forge_refused'],
  [422, '<html>', 'refused', 'forge_refused'],
  [500, {}, 'transient', 'forge_failed'],
  [502, '<html>', 'transient', 'forge_failed'],
])('translates status %i with %j to kind %s, code %s', (status, data, kind, code) => {
  expect(translateError(createRequestError(status, data), 'do it', NOW_MS)).toMatchObject({
    kind,
    code,
  });
});

test.each([
  [403, { 'retry-after': '30' }, '', NOW_MS + 30_000],
  [429, { 'retry-after': '30' }, '', NOW_MS + 30_000],
  [429, {}, '', NOW_MS + 60_000],
  [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1800000100' }, '', NOW_MS + 100_000],
  [403, {}, 'You have exceeded a secondary rate limit.', NOW_MS + 60_000],
])(
  'translates status %i with headers %j and message %j to a pause',
  (status, headers, message, until) => {
    const error = translateError(createRequestError(status, { message }, headers), 'do it', NOW_MS);

    expect(error).toMatchObject({ kind: 'paused', details: { until } });
  },
);

test("the message names the action and GitHub's reason", () => {
  const data = { message: 'Validation Failed', errors: [{ field: 'head', code: 'invalid' }] };

  const { message } = translateError(createRequestError(422, data), 'open a pull request', NOW_MS);

  expect(message).toBe('open a pull request: head is invalid');
});

test.each([
  ['NOT_FOUND', 'Could not resolve', 'notFound'],
  ['FORBIDDEN', 'No', 'refused'],
  ['RATE_LIMITED', 'slow down', 'paused'],
  ['', 'Something went wrong while executing your query', 'transient'],
  ['UNPROCESSABLE', 'Drafts are not supported', 'refused'],
])(
  'translates a GraphQL error of type %j with message %j in a response with status 200 to kind %s',
  (type, message, kind) => {
    const error = Object.assign(new Error(message), {
      name: 'GraphqlResponseError',
      headers: { 'x-ratelimit-remaining': '0' },
      errors: [{ type, message }],
    });

    expect(translateError(error, 'do it', NOW_MS).kind).toBe(kind);
  },
);

test('returns an AppError unchanged and treats an unknown error as a network fault', () => {
  const appError = new AppError('paused', 'x', 'y');

  expect(translateError(appError, 'do it', NOW_MS)).toBe(appError);
  expect(translateError(new TypeError('fetch failed'), 'do it', NOW_MS).kind).toBe('transient');
});
