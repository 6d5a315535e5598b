import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { createGitHubWebhookVerifier } from './create-github-webhook-verifier.ts';

const body = Buffer.from('{"a":"ä"}');

function signBody(secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

test('accepts a signature that was made with any of the configured secrets', async () => {
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
])('rejects the signature %j', async (signature) => {
  expect(await createGitHubWebhookVerifier(['new'])(body, signature)).toBe(false);
});

test('rejects every signature if no secret or only an empty secret is configured', async () => {
  expect(await createGitHubWebhookVerifier([])(body, signBody(''))).toBe(false);
  expect(await createGitHubWebhookVerifier([''])(body, signBody(''))).toBe(false);
});

test('rejects a changed body, even if it decodes to the same text as the signed body', async () => {
  const verify = createGitHubWebhookVerifier(['new']);

  expect(await verify(Buffer.concat([body, Buffer.from(' ')]), signBody('new'))).toBe(false);
  // Both bodies are invalid UTF-8 and decode to the same text.
  const [first, second] = [Buffer.from([0xff]), Buffer.from([0xfe])];
  const signature = `sha256=${createHmac('sha256', 'new').update(first).digest('hex')}`;
  expect(await verify(first, signature)).toBe(true);
  expect(await verify(second, signature)).toBe(false);
});
