import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyWebhookSignature } from './webhook-signature.ts';

const body = new TextEncoder().encode('{"action":"opened"}');

function signed(secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

test('one of the secrets has to have signed exactly this body', () => {
  expect(verifyWebhookSignature(['new', 'old'], body, signed('old'))).toBe(true);
  expect(verifyWebhookSignature(['new'], body, signed('old'))).toBe(false);
  expect(verifyWebhookSignature(['old'], body.slice(1), signed('old'))).toBe(false);
});

test('no secret and an empty secret let nobody in', () => {
  expect(verifyWebhookSignature([], body, signed(''))).toBe(false);
  expect(verifyWebhookSignature([''], body, signed(''))).toBe(false);
});

test('a header of another form is refused', () => {
  for (const header of ['', 'sha256=', 'sha1=00', signed('s').slice(0, -1), `${signed('s')}0`])
    expect(verifyWebhookSignature(['s'], body, header)).toBe(false);
});
