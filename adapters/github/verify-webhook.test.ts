import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyGitHubWebhook } from './verify-webhook.ts';

const body = Buffer.from('{"a":"ä"}');

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

test('refuses another body, also one that reads the same', async () => {
  const verify = verifyGitHubWebhook(['new']);

  expect(await verify(Buffer.concat([body, Buffer.from(' ')]), sign('new'))).toBe(false);
  // Either is no UTF-8, and decodes to the same text.
  const [first, second] = [Buffer.from([0xff]), Buffer.from([0xfe])];
  const signature = `sha256=${createHmac('sha256', 'new').update(first).digest('hex')}`;
  expect(await verify(first, signature)).toBe(true);
  expect(await verify(second, signature)).toBe(false);
});
