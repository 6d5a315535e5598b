import { createHmac, timingSafeEqual } from 'node:crypto';

const HEADER = /^sha256=[0-9a-f]{64}$/;

/** Whether the raw body was signed with one of our secrets (`x-hub-signature-256`); all are tried, for rotation. */
export function verifyWebhookSignature(
  secrets: readonly string[],
  body: Uint8Array,
  header: string,
): boolean {
  if (!HEADER.test(header)) return false;
  const given = Buffer.from(header.slice('sha256='.length), 'hex');
  const matches = secrets
    .filter((secret) => secret !== '')
    .map((secret) => timingSafeEqual(createHmac('sha256', secret).update(body).digest(), given));
  return matches.includes(true);
}
