import { createHmac, timingSafeEqual } from 'node:crypto';
import type { VerifyWebhook } from '../../../core/port/forge.ts';

/**
 * Creates a verifier for signatures that were made with any of `secrets`. Without a secret, the verifier rejects every signature.
 */
export function createGitHubWebhookVerifier(secrets: readonly string[]): VerifyWebhook {
  return async (body, signature) => {
    if (signature === undefined) return false;
    const given = Buffer.from(signature);
    // Tries all secrets, so that the response time does not reveal which secret matched.
    const matches = secrets.filter((secret) => {
      const expected = Buffer.from(
        `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      );
      return secret !== '' && given.length === expected.length && timingSafeEqual(given, expected);
    });
    return matches.length > 0;
  };
}
