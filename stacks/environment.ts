import { SecretValue } from 'aws-cdk-lib';
import type { Api } from 'sst/constructs';
import { QUEUES } from '../core/topology/queues.ts';
import type { Rights } from '../core/topology/rights.ts';
import type { Resources } from './permissions.ts';
import type { Settings } from './settings.ts';
import { listVariables } from './settings.ts';

// Builds the environment of each function. functions/config-sections.ts defines the names of the variables.

/** Collects the variables whose values the stacks define. */
export function collectKnownVariables(api: Api, { table, queues, socketApi }: Resources) {
  const urls = QUEUES.map(({ name }) => [
    `QUEUE_URL_${name.toUpperCase()}`,
    queues[name]?.queueUrl ?? '',
  ]);
  return {
    TABLE_NAME: table.tableName,
    API_URL: api.url,
    SOCKET_URL: socketApi.url,
    SOCKET_ENDPOINT: socketApi.cdk.webSocketStage.callbackUrl,
    LAUNCHER: 'kubernetes',
    ...Object.fromEntries(urls),
  };
}

/** Builds the environment of a function: the variables of its configuration sections and references to its secrets. */
export function buildEnvironment(
  rights: Rights,
  settings: Settings,
  knownVariables: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of rights.config.flatMap((section) => listVariables(section))) {
    const value = knownVariables[name] ?? settings.variables[name];
    if (value !== undefined) environment[name] = value;
  }
  for (const secret of rights.secrets) {
    const field = settings.secretFields[secret];
    environment[field] = createSecretReference(settings.secretName, field);
  }
  return environment;
}

/** Creates a reference that CloudFormation resolves at deployment, so that neither templates nor builds contain the secret. */
function createSecretReference(secretName: string, field: string): string {
  return SecretValue.secretsManager(secretName, { jsonField: field }).unsafeUnwrap();
}
