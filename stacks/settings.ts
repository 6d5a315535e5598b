import { z } from 'zod';
import type { SecretName } from '../core/topology/rights.ts';
import { SECTIONS } from '../functions/config-sections.ts';

// Settings of a deployment, from its environment or an `.env.<stage>` file: variables of the configuration that are neither
// secret nor defined by the stacks, and a few settings of the deployment itself. The deployment reads no secrets: CloudFormation
// copies their values from Secrets Manager into the environment of functions.

const deploymentSchema = z.object({
  /** Name of the AWS secret (Secrets Manager): a JSON object with a field for each secret of the installation. */
  SECRET_NAME: z.string().min(1).optional(),
  /** ARN of the SNS topic for alarms; if unset, alarms are visible only in CloudWatch. */
  ALARM_TOPIC_ARN: z.string().startsWith('arn:').optional(),
  /** `yes`: the table stays when its stack is removed. */
  KEEP_DATA: z.enum(['yes', 'no']).default('yes'),
});

/** Settings of a deployment. */
export type Settings = {
  readonly secretName: string;
  readonly alarmTopicArn: string | undefined;
  readonly keepData: boolean;
  /**
   * For each secret of the installation, the field of the AWS secret that holds its value. The environment variable has the same
   * name as the field.
   */
  readonly secretFields: Readonly<Record<SecretName, string>>;
  /** Configuration variables that are set, by name; each value matches its schema. */
  readonly variables: Readonly<Record<string, string>>;
};

/** Variables that a deployment ignores: some belong to a laptop installation, others are set by Lambda or by the stacks. */
const IGNORED_VARIABLES = [
  'AWS_REGION',
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_ENDPOINT_URL_SQS',
  'LOG_FILE',
  'LAUNCHER',
  'LAUNCHER_DIR',
  'LAUNCHER_PATH',
  'NODE_COMPILE_CACHE',
  'SMOL_DATA_DIR',
];

/** Reads the settings; throws an error with a list of all invalid variables. */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  stage: string,
): Settings {
  const deployment = deploymentSchema.safeParse(env);
  const problems = (deployment.error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
  const variables: Record<string, string> = {};
  for (const { env: name, schema, about } of listPlainVariables()) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    if (schema.safeParse(text).success) variables[name] = text;
    else problems.push(`${name} has an invalid value. ${about}`);
  }
  if (!deployment.success || problems.length > 0)
    throw new Error(
      `the settings of the deployment are not valid; correct these environment variables:\n${problems.join('\n')}`,
    );
  return {
    secretName: deployment.data.SECRET_NAME ?? `smol-gang/${stage}`,
    alarmTopicArn: deployment.data.ALARM_TOPIC_ARN,
    keepData: deployment.data.KEEP_DATA === 'yes',
    secretFields: {
      AUTH_SECRETS: 'AUTH_SECRETS',
      GITHUB: variables.GITHUB_APP_ID === undefined ? 'GITHUB_TOKEN' : 'GITHUB_APP_PRIVATE_KEY',
      GITHUB_WEBHOOK_SECRETS: 'GITHUB_WEBHOOK_SECRETS',
      MODEL_API_KEY: 'MODEL_API_KEY',
    },
    variables,
  };
}

/** Lists the variables of a configuration section, without secrets. */
export function listVariables(section: string): string[] {
  const definition = Object.entries(SECTIONS).find(([name]) => name === section)?.[1];
  if (definition === undefined)
    throw new Error(
      `functions/config-sections.ts has no section ${section}, which core/topology/rights.ts names`,
    );
  return Object.values(definition.variables)
    .filter((variable) => !variable.secret)
    .map((variable) => variable.env);
}

function listPlainVariables() {
  return Object.values(SECTIONS)
    .flatMap((section) => Object.values(section.variables))
    .filter((variable) => !variable.secret && !isIgnored(variable.env));
}

function isIgnored(name: string): boolean {
  return IGNORED_VARIABLES.includes(name) || name.startsWith('LOCAL_FORGE_');
}
