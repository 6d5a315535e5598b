// Settings of the deployment under test; all values are invented.

export const STAGE = 'test';
export const SECRET_NAME = `smol-gang/${STAGE}`;

export const SETTINGS = {
  MODEL_BASE_URL: 'https://model.example/v1',
  MODEL_HEAVY: 'big',
  MODEL_LIGHT: 'small',
  GITHUB_API_URL: 'https://github.example/api/v3',
  SLOTS: '4',
  ALARM_TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:alarms',
} as const;

/** Secrets in the environment of the person who deploys. A test fails if a template or bundle contains one of these values. */
export const PLANTED_SECRETS = {
  AUTH_SECRETS: 'planted-auth-secret-of-32-characters',
  ADMIN_PASSWORD: 'planted-admin-password',
  GITHUB_TOKEN: 'planted-github-token',
  GITHUB_APP_PRIVATE_KEY: 'planted-github-private-key',
  GITHUB_WEBHOOK_SECRETS: 'planted-webhook-secret',
  LOCAL_FORGE_TOKEN: 'planted-forge-token',
  LOCAL_FORGE_APP_PRIVATE_KEY: 'planted-forge-private-key',
  MODEL_API_KEY: 'planted-model-key',
} as const;
