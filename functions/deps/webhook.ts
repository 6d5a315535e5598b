import { createGitHubWebhookVerifier } from '../../adapters/github/webhook/create-github-webhook-verifier.ts';
import { parseGitHubWebhook } from '../../adapters/github/webhook/parse-github-webhook.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';

export const getWebhookVerifier = once(() =>
  createGitHubWebhookVerifier(readConfig(['webhook']).webhook.secrets),
);

export const parseWebhook = parseGitHubWebhook;
