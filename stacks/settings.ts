import { z } from 'zod';
import type { SecretName } from '../core/topology/rights.ts';
import { SECTIONS } from '../functions/config-sections.ts';

// Settings of a deployment, from its environment or an `.env.<stage>` file: variables of the configuration that are neither secret nor
// defined by the stacks, and a few settings of the deployment itself. The deployment reads no secrets: CloudFormation copies their
// values from Secrets Manager into the environment of functions.

const deploymentSchema = z.object({
  /** Name of the secret in Secrets Manager, a JSON object with a field for each secret variable. */
  SECRET_NAME: z.string().min(1).optional(),
  /** SNS topic that receives alarms; if unset, alarms are visible only in CloudWatch. */
  ALARM_TOPIC_ARN: z.string().startsWith('arn:').optional(),
  /** `yes` if the table outlives its stack. */
  KEEP_DATA: z.enum(['yes', 'no']).default('yes'),
});

/** Settings of a deployment. */
export type Settings = {
  readonly secretName: string;
  readonly alarmTopicArn: string | undefined;
  readonly keepData: boolean;
  /** Field of the secret in Secrets Manager by secret name; the environment variable has the name of the field. */
  readonly secretFields: Readonly<Record<SecretName, string>>;
  /** Valid configuration variables. */
  readonly variables: Readonly<Record<string, string>>;
};

/** Variables of a laptop installation and variables that Lambda sets. */
const LAPTOP_VARIABLES = [
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

/** Reads the settings; throws one error that lists every invalid variable. */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  stage: string,
): Settings {
  const deployment = deploymentSchema.parse(env);
  const variables: Record<string, string> = {};
  const problems: string[] = [];
  for (const { env: name, schema, about } of listPlainVariables()) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    if (schema.safeParse(text).success) variables[name] = text;
    else problems.push(`${name}: ${about}`);
  }
  if (problems.length > 0)
    throw new Error(`the settings are not valid; set these variables:\n${problems.join('\n')}`);
  return {
    secretName: deployment.SECRET_NAME ?? `smol-gang/${stage}`,
    alarmTopicArn: deployment.ALARM_TOPIC_ARN,
    keepData: deployment.KEEP_DATA === 'yes',
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
  const row = Object.entries(SECTIONS).find(([name]) => name === section)?.[1];
  if (row === undefined) throw new Error(`the configuration has no section ${section}`);
  return Object.values(row.variables)
    .filter((variable) => !variable.secret)
    .map((variable) => variable.env);
}

function listPlainVariables() {
  return Object.values(SECTIONS)
    .flatMap((section) => Object.values(section.variables))
    .filter((variable) => !variable.secret && !isLaptopVariable(variable.env));
}

function isLaptopVariable(name: string): boolean {
  return LAPTOP_VARIABLES.includes(name) || name.startsWith('LOCAL_FORGE_');
}
