import { SecretValue } from 'aws-cdk-lib';
import type { Api } from 'sst/constructs';
import { QUEUES } from '../core/topology/queues.ts';
import type { Rights } from '../core/topology/rights.ts';
import type { Resources } from './permissions.ts';
import type { Settings } from './settings.ts';
import { listVariables } from './settings.ts';

// A function's environment, with the names that functions/config.ts reads.

/** What the stacks themselves know, by variable. */
export function collectKnownVariables(api: Api, { table, queues, socketApi }: Resources) {
  const url = socketApi.url;
  const urls = QUEUES.map(({ name }) => [
    `QUEUE_URL_${name.toUpperCase()}`,
    queues[name]?.queueUrl ?? '',
  ]);
  return {
    TABLE_NAME: table.tableName,
    API_URL: api.url,
    SOCKET_URL: url,
    SOCKET_ENDPOINT: socketApi.cdk.webSocketStage.callbackUrl,
    LAUNCHER: 'kubernetes',
    ...Object.fromEntries(urls),
  };
}

/** Of the variables of its sections those that are known or set, and the secrets of its row. */
export function buildEnvironment(
  rights: Rights,
  settings: Settings,
  known: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of rights.config.flatMap((section) => listVariables(section))) {
    const value = known[name] ?? settings.variables[name];
    if (value !== undefined) environment[name] = value;
  }
  for (const secret of rights.secrets) {
    const field = settings.secretFields[secret];
    environment[field] = createSecretReference(settings.secretName, field);
  }
  return environment;
}

/** CloudFormation puts the value in when it makes the function: no template and no build has it. */
function createSecretReference(secretName: string, field: string): string {
  return SecretValue.secretsManager(secretName, { jsonField: field }).unsafeUnwrap();
}
