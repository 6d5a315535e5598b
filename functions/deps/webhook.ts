import { createGitHubWebhookVerifier } from '../../adapters/github/webhook/create-github-webhook-verifier.ts';
import { parseGitHubWebhook } from '../../adapters/github/webhook/parse-github-webhook.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';

/** Returns the verifier for the configured webhook secrets. */
export const getWebhookVerifier = once(() =>
  createGitHubWebhookVerifier(readConfig(['webhook']).webhook.secrets),
);

/** Parses a webhook of GitHub or of the local forge. Exported from here, because only this folder may import adapters. */
export const parseWebhook = parseGitHubWebhook;
