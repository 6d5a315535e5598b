import { z } from 'zod';
import type { ConfigSection } from './config-variable.ts';
import {
  createJsonTextSchema,
  defineSecret,
  defineVariable,
  keySchema,
  pemSchema,
  secretListSchema,
  textSchema,
  urlSchema,
} from './config-variable.ts';

const regionVariable = defineVariable('AWS_REGION', textSchema.default('us-east-1'), 'AWS region.');

/** Sections whose values the laptop platform or the deployment sets. */
export const PLATFORM_SECTIONS = {
  table: {
    variables: {
      region: regionVariable,
      name: defineVariable(
        'TABLE_NAME',
        textSchema.default('smol-gang'),
        'Name of the DynamoDB table.',
      ),
      endpoint: defineVariable(
        'AWS_ENDPOINT_URL_DYNAMODB',
        urlSchema.optional(),
        'URL of a DynamoDB emulator. Unset: DynamoDB of AWS.',
      ),
    },
  },
  queue: {
    variables: {
      region: regionVariable,
      plan: defineVariable('QUEUE_URL_PLAN', urlSchema, 'URL of the SQS queue `plan`.'),
      reconcile: defineVariable(
        'QUEUE_URL_RECONCILE',
        urlSchema,
        'URL of the SQS queue `reconcile`.',
      ),
      schedule: defineVariable('QUEUE_URL_SCHEDULE', urlSchema, 'URL of the SQS queue `schedule`.'),
      notify: defineVariable('QUEUE_URL_NOTIFY', urlSchema, 'URL of the SQS queue `notify`.'),
      push: defineVariable('QUEUE_URL_PUSH', urlSchema, 'URL of the SQS queue `push`.'),
      endpoint: defineVariable(
        'AWS_ENDPOINT_URL_SQS',
        urlSchema.optional(),
        'URL of an SQS emulator. Unset: SQS of AWS.',
      ),
    },
  },
  socket: {
    variables: {
      url: defineVariable(
        'SOCKET_URL',
        urlSchema,
        'URL at which clients open their WebSocket (ws:// or wss://).',
      ),
    },
  },
  push: {
    variables: {
      region: regionVariable,
      endpoint: defineVariable(
        'SOCKET_ENDPOINT',
        urlSchema,
        'HTTP URL of the WebSocket stage, without `/@connections`.',
      ),
    },
  },
  auth: {
    variables: {
      secrets: defineSecret(
        'AUTH_SECRETS',
        secretListSchema.pipe(
          z
            .array(z.string().min(32, 'needs at least 32 characters in each secret'))
            .min(1, 'contains no secret'),
        ),
        'Secrets that sign sessions and attempt tokens, separated by commas. The first secret signs, and all secrets are accepted. To rotate, add a new secret at the front.',
      ),
    },
  },
  api: {
    variables: {
      url: defineVariable('API_URL', urlSchema, 'URL of the HTTP API, which bridges also call.'),
    },
  },
  localForge: {
    variables: {
      url: defineVariable(
        'LOCAL_FORGE_URL',
        urlSchema.optional(),
        'URL of the local forge of a laptop installation. Unset: there is no local forge.',
      ),
      token: defineSecret(
        'LOCAL_FORGE_TOKEN',
        keySchema.optional(),
        'Token that links repositories of this machine to the local forge.',
      ),
      appId: defineVariable(
        'LOCAL_FORGE_APP_ID',
        textSchema.default('1'),
        'Id of the App that is installed in the local forge.',
      ),
      appPrivateKey: defineSecret(
        'LOCAL_FORGE_APP_PRIVATE_KEY',
        pemSchema.optional(),
        'Private key (PEM) of the App that is installed in the local forge.',
      ),
    },
    check: ({ url, token, appPrivateKey }) =>
      url !== undefined && (token === undefined || appPrivateKey === undefined)
        ? 'LOCAL_FORGE_URL is set: also set LOCAL_FORGE_TOKEN and LOCAL_FORGE_APP_PRIVATE_KEY'
        : undefined,
  },
  launcher: {
    variables: {
      kind: defineVariable(
        'LAUNCHER',
        z.enum(['process', 'kubernetes']).default('process'),
        'Launcher of attempts: process (child processes of this machine) or kubernetes (not available yet).',
      ),
      directory: defineVariable(
        'LAUNCHER_DIR',
        textSchema.optional(),
        'Folder of the process launcher for records, workspaces and logs of attempts.',
      ),
      path: defineVariable(
        'LAUNCHER_PATH',
        textSchema.optional(),
        'PATH of git, the agent, and the setup and verify commands. Unset: the folders of the system.',
      ),
      isolation: defineVariable(
        'SMOL_ISOLATION',
        z.enum(['auto', 'namespaces', 'processes']).default('auto'),
        'How verification is isolated from the agent: namespaces (the system ends every process of the agent) or processes (the bridge finds and ends the processes). auto: namespaces where the system offers them.',
      ),
      toolEnvironment: defineVariable(
        'SMOL_TOOL_ENV',
        createJsonTextSchema(z.record(z.string(), z.string())).default({}),
        'Settings of networks, tool chains and registries for attempts, as JSON by variable.',
      ),
      toolFiles: defineVariable(
        'SMOL_TOOL_FILES',
        createJsonTextSchema(z.record(z.string(), z.string())).default({}),
        'Files that are copied to HOME of attempts, as JSON of absolute paths by path below HOME.',
      ),
      codeCache: defineVariable(
        'NODE_COMPILE_CACHE',
        textSchema.optional(),
        'Folder in which bridges cache compiled code between attempts.',
      ),
    },
    check: ({ kind, directory }) =>
      kind === 'process' && directory === undefined
        ? 'LAUNCHER is process: set LAUNCHER_DIR to a permanent folder'
        : undefined,
  },
  host: {
    variables: {
      dataDir: defineVariable(
        'SMOL_DATA_DIR',
        textSchema.optional(),
        'Data folder of a laptop installation. Unset: the installation runs in the cloud.',
      ),
    },
  },
} as const satisfies Record<string, ConfigSection>;
