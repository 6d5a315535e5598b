import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { createGitHubWebhookVerifier } from './create-github-webhook-verifier.ts';

const body = Buffer.from('{"a":"ä"}');

function signBody(secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

test('takes the signature of any of its secrets', async () => {
  const verify = createGitHubWebhookVerifier(['new', 'old']);

  expect(await verify(body, signBody('new'))).toBe(true);
  expect(await verify(body, signBody('old'))).toBe(true);
});

test.each([
  undefined,
  '',
  'sha256=',
  signBody('other'),
  signBody('new').slice(0, -1),
  `${signBody('new')}0`,
])('refuses %j', async (signature) => {
  expect(await createGitHubWebhookVerifier(['new'])(body, signature)).toBe(false);
});

test('takes nothing without a secret, or with an empty one', async () => {
  expect(await createGitHubWebhookVerifier([])(body, signBody(''))).toBe(false);
  expect(await createGitHubWebhookVerifier([''])(body, signBody(''))).toBe(false);
});

test('refuses another body, also one that reads the same', async () => {
  const verify = createGitHubWebhookVerifier(['new']);

  expect(await verify(Buffer.concat([body, Buffer.from(' ')]), signBody('new'))).toBe(false);
  // Either is no UTF-8, and decodes to the same text.
  const [first, second] = [Buffer.from([0xff]), Buffer.from([0xfe])];
  const signature = `sha256=${createHmac('sha256', 'new').update(first).digest('hex')}`;
  expect(await verify(first, signature)).toBe(true);
  expect(await verify(second, signature)).toBe(false);
});
