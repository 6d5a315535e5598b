import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyGitHubWebhook } from './verify-webhook.ts';

const body = '{"a":"ä"}';

function sign(secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

test('takes the signature of any of its secrets', async () => {
  const verify = verifyGitHubWebhook(['new', 'old']);

  expect(await verify(body, sign('new'))).toBe(true);
  expect(await verify(body, sign('old'))).toBe(true);
});

test.each([undefined, '', 'sha256=', sign('other'), sign('new').slice(0, -1), `${sign('new')}0`])(
  'refuses %j',
  async (signature) => {
    expect(await verifyGitHubWebhook(['new'])(body, signature)).toBe(false);
  },
);

test('takes nothing without a secret, or with an empty one', async () => {
  expect(await verifyGitHubWebhook([])(body, sign(''))).toBe(false);
  expect(await verifyGitHubWebhook([''])(body, sign(''))).toBe(false);
});

test('refuses another body', async () => {
  expect(await verifyGitHubWebhook(['new'])(`${body} `, sign('new'))).toBe(false);
});
