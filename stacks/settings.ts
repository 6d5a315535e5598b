import { z } from 'zod';
import type { SecretName } from '../core/topology/rights.ts';
import { SECTIONS } from '../functions/config-sections.ts';

// What a deployment is told by its environment (or an `.env.<stage>` file): the variables of the configuration that are
// neither secret nor known from the stacks themselves, and a few of its own. Secrets are named, never read: their values
// are in Secrets Manager and are put into a function's environment by CloudFormation.

const ownSchema = z.object({
  /** Secrets Manager: a JSON object with a field for each secret. */
  SECRET_NAME: z.string().min(1).optional(),
  /** An SNS topic that alarms are sent to; unset: they only show in CloudWatch. */
  ALARM_TOPIC_ARN: z.string().startsWith('arn:').optional(),
  /** Whether the table is kept when its stack is removed. */
  KEEP_DATA: z.enum(['yes', 'no']).default('yes'),
});

export type Settings = {
  readonly secretName: string;
  readonly alarmTopicArn: string | undefined;
  readonly keepData: boolean;
  /** The field of the secret that each name stands for; its variable has the same name. */
  readonly secretFields: Readonly<Record<SecretName, string>>;
  /** Given variables of the configuration, checked. */
  readonly variables: Readonly<Record<string, string>>;
};

/** Of a laptop, or set by Lambda itself. */
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

/** Throws one error that names every variable that is wrong. */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  stage: string,
): Settings {
  const own = ownSchema.parse(env);
  const variables: Record<string, string> = {};
  const problems: string[] = [];
  for (const { env: name, schema, about } of listPlainVariables()) {
    const given = env[name];
    if (given === undefined || given === '') continue;
    if (schema.safeParse(given).success) variables[name] = given;
    else problems.push(`${name}: ${about}`);
  }
  if (problems.length > 0) throw new Error(`the settings are wrong:\n${problems.join('\n')}`);
  return {
    secretName: own.SECRET_NAME ?? `smol-gang/${stage}`,
    alarmTopicArn: own.ALARM_TOPIC_ARN,
    keepData: own.KEEP_DATA === 'yes',
    secretFields: {
      AUTH_SECRETS: 'AUTH_SECRETS',
      GITHUB: variables.GITHUB_APP_ID === undefined ? 'GITHUB_TOKEN' : 'GITHUB_APP_PRIVATE_KEY',
      GITHUB_WEBHOOK_SECRETS: 'GITHUB_WEBHOOK_SECRETS',
      MODEL_API_KEY: 'MODEL_API_KEY',
    },
    variables,
  };
}

/** Names of a section's variables that are no secrets. */
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
