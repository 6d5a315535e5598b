import { createHmac, timingSafeEqual } from 'node:crypto';
import type { VerifyWebhook } from '../../../core/port/forge.ts';

/** True when the signature is of any of the secrets; with none, nothing is accepted. */
export function createGitHubWebhookVerifier(secrets: readonly string[]): VerifyWebhook {
  return async (body, signature) => {
    if (signature === undefined) return false;
    const given = Buffer.from(signature);
    // All are tried, so that the time does not tell which one fitted.
    const fits = secrets.filter((secret) => {
      const right = Buffer.from(
        `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      );
      return secret !== '' && given.length === right.length && timingSafeEqual(given, right);
    });
    return fits.length > 0;
  };
}
