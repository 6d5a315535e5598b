import { expect, test } from 'vitest';
import { parseGitHubWebhook } from './parse-github-webhook.ts';

const repository = { full_name: 'acme/app' };
const pull_request = { number: 7, head: { ref: 'feature' } };

test.each([
  ['pull_request', { repository, pull_request }, { pull: 7, branch: 'feature' }],
  ['pull_request_review', { repository, pull_request }, { pull: 7, branch: 'feature' }],
  ['pull_request_review_comment', { repository, pull_request }, { pull: 7, branch: 'feature' }],
  ['issue_comment', { repository, issue: { number: 7, pull_request: {} } }, { pull: 7 }],
  [
    'check_run',
    {
      repository,
      check_run: { pull_requests: [{ number: 7 }], check_suite: { head_branch: 'feature' } },
    },
    { pull: 7, branch: 'feature' },
  ],
  [
    'check_suite',
    { repository, check_suite: { pull_requests: [], head_branch: 'feature' } },
    { branch: 'feature' },
  ],
  ['status', { repository, branches: [{ name: 'feature' }] }, { branch: 'feature' }],
  ['push', { repository, ref: 'refs/heads/smol/x' }, { branch: 'smol/x' }],
])('a webhook "%s" identifies the changed pull request or branch', (event, payload, subject) => {
  expect(parseGitHubWebhook(event, payload)).toEqual({ repo: 'acme/app', ...subject });
});

test.each([
  ['push', { repository, ref: 'refs/tags/v1' }],
  ['issue_comment', { repository, issue: { number: 7 } }],
  ['pull_request', { pull_request }],
  ['pull_request', { repository, pull_request: { number: 'x', head: {} } }],
  ['star', { repository }],
  ['constructor', { repository }],
  ['push', null],
  ['push', 'text'],
])('ignores a webhook "%s" with %j', (event, payload) => {
  expect(parseGitHubWebhook(event, payload)).toBeUndefined();
});
