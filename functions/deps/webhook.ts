import { parseGitHubWebhook } from '../../adapters/github/parse-webhook.ts';
import { verifyGitHubWebhook } from '../../adapters/github/verify-webhook.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';

export const verifyWebhook = once(() =>
  verifyGitHubWebhook(readConfig(['webhook']).webhook.secrets),
);

export const parseWebhook = parseGitHubWebhook;
