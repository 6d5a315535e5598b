import { z } from 'zod';
import { agentNameSchema } from '../core/contract/agent.ts';
import { branchSchema } from '../core/contract/id.ts';
import type { ConfigSection } from './config-variable.ts';
import {
  createJsonTextSchema,
  createWholeNumberSchema,
  decimalSchema,
  defineSecret,
  defineVariable,
  listSchema,
  pemSchema,
  textSchema,
  urlSchema,
} from './config-variable.ts';

// Everything that can be configured. A Lambda reads the sections that it uses, and is given no others.

const regionVariable = defineVariable('AWS_REGION', textSchema.default('us-east-1'), 'AWS region.');
/** Who holds a slot is in one item of the store, which takes some more than this. */
const slotsSchema = createWholeNumberSchema(1, 2_000);
const priceSchema = z.object({ input: z.number().min(0), output: z.number().min(0) }).strict();

export const SECTIONS = {
  log: {
    variables: {
      level: defineVariable(
        'LOG_LEVEL',
        z.enum(['info', 'warn', 'error']).default('info'),
        'What is logged: info, warn or error, and what is graver.',
      ),
      file: defineVariable(
        'LOG_FILE',
        textSchema.optional(),
        'A file for the log; unset: the console.',
      ),
    },
  },
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
        "Address of another DynamoDB than AWS's own, as the laptop's.",
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
      push: defineVariable('QUEUE_URL_PUSH', urlSchema, 'URL of the SQS queue `push`.'),
      endpoint: defineVariable(
        'AWS_ENDPOINT_URL_SQS',
        urlSchema.optional(),
        "Address of another SQS than AWS's own, as the laptop's.",
      ),
    },
  },
  socket: {
    variables: {
      url: defineVariable(
        'SOCKET_URL',
        urlSchema,
        'Where clients open their WebSocket (ws:// or wss://).',
      ),
    },
  },
  push: {
    variables: {
      region: regionVariable,
      endpoint: defineVariable(
        'SOCKET_ENDPOINT',
        urlSchema,
        'HTTP address of the WebSocket stage, to which `/@connections` is added.',
      ),
    },
  },
  auth: {
    variables: {
      secrets: defineSecret(
        'AUTH_SECRETS',
        listSchema.pipe(
          z
            .array(z.string().min(32, 'needs at least 32 characters each'))
            .min(1, 'holds no secret'),
        ),
        'Secrets that sign sessions and attempt tokens, separated by commas. The first signs, the others are still accepted: to rotate, put a new one in front.',
      ),
    },
  },
  admin: {
    variables: {
      email: defineVariable(
        'ADMIN_EMAIL',
        z.email('is no e-mail address').default('admin@smol-gang.local'),
        'E-mail of the first admin.',
      ),
      password: defineSecret(
        'ADMIN_PASSWORD',
        z.string().min(10, 'needs at least 10 characters').optional(),
        'Password of the first admin; wins over the stored one. Unset: one is generated and shown once.',
      ),
    },
  },
  api: {
    variables: {
      url: defineVariable(
        'API_URL',
        urlSchema,
        'Address of the HTTP API, where bridges call back.',
      ),
    },
  },
  github: {
    variables: {
      apiUrl: defineVariable(
        'GITHUB_API_URL',
        urlSchema.default('https://api.github.com'),
        "Address of GitHub's REST API.",
      ),
      token: defineSecret(
        'GITHUB_TOKEN',
        textSchema.optional(),
        'A token with contents and pull requests (write) of the repositories. Or the two variables of a GitHub App.',
      ),
      appId: defineVariable(
        'GITHUB_APP_ID',
        z
          .string()
          .regex(/^\d{1,15}$/, 'is no whole number')
          .optional(),
        'Id of a GitHub App.',
      ),
      appPrivateKey: defineSecret(
        'GITHUB_APP_PRIVATE_KEY',
        pemSchema.optional(),
        'Private key (PEM) of the GitHub App; line ends may be written as \\n.',
      ),
    },
    check: ({ token, appId, appPrivateKey }) => {
      if ((appId === undefined) !== (appPrivateKey === undefined))
        return 'GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY belong together: set both or neither';
      if (token !== undefined && appId !== undefined)
        return 'GITHUB_TOKEN and a GitHub App are both set: keep one of them';
      return undefined;
    },
  },
  webhook: {
    variables: {
      secrets: defineSecret(
        'GITHUB_WEBHOOK_SECRETS',
        listSchema.default([]),
        'Secrets of the webhooks, separated by commas; each is accepted. Unset: no webhook is, and pull requests are polled.',
      ),
    },
  },
  localForge: {
    variables: {
      url: defineVariable(
        'LOCAL_FORGE_URL',
        urlSchema.optional(),
        "Address of the laptop's own forge. Unset: there is none.",
      ),
      token: defineSecret(
        'LOCAL_FORGE_TOKEN',
        textSchema.optional(),
        "Token that links repositories of this machine to the laptop's own forge.",
      ),
      appId: defineVariable(
        'LOCAL_FORGE_APP_ID',
        textSchema.default('1'),
        "Id of the one App that is installed in the laptop's own forge.",
      ),
      appPrivateKey: defineSecret(
        'LOCAL_FORGE_APP_PRIVATE_KEY',
        pemSchema.optional(),
        "Private key (PEM) of the one App that is installed in the laptop's own forge.",
      ),
    },
    check: ({ url: address, token, appPrivateKey }) =>
      address !== undefined && (token === undefined || appPrivateKey === undefined)
        ? 'LOCAL_FORGE_URL is set: LOCAL_FORGE_TOKEN and LOCAL_FORGE_APP_PRIVATE_KEY are needed too'
        : undefined,
  },
  model: {
    variables: {
      baseUrl: defineVariable(
        'MODEL_BASE_URL',
        urlSchema.optional(),
        'Address of an OpenAI-compatible endpoint, usually ending in /v1. Unset: plans wait for a model.',
      ),
      apiKey: defineSecret(
        'MODEL_API_KEY',
        textSchema.default(''),
        'Key of the endpoint; unset where it needs none.',
      ),
      heavy: defineVariable(
        'MODEL_HEAVY',
        textSchema.optional(),
        'Model for planning and for tasks of the tier heavy.',
      ),
      light: defineVariable(
        'MODEL_LIGHT',
        textSchema.optional(),
        'Model for tasks of the tier light. Unset: the heavy one.',
      ),
      prices: defineVariable(
        'MODEL_PRICES',
        createJsonTextSchema(z.record(z.string(), priceSchema)).default({}),
        'USD per million tokens, as JSON by model: {"name": {"input": 1.5, "output": 6}}. Of a model that is missing, the cost is unknown.',
      ),
      contextTokens: defineVariable(
        'MODEL_CONTEXT_TOKENS',
        createJsonTextSchema(z.record(z.string(), z.number().int().positive())).default({}),
        'Context sizes, as JSON by model: {"name": 128000}. Of a model that is missing, nothing is assumed.',
      ),
      concurrency: defineVariable(
        'MODEL_CONCURRENCY',
        createWholeNumberSchema(1, 1_000).default(4),
        'Calls to the model at once from one process.',
      ),
      timeoutSeconds: defineVariable(
        'MODEL_TIMEOUT_SECONDS',
        createWholeNumberSchema(1, 300).default(280),
        'How long one call to the model may take.',
      ),
    },
  },
  agent: {
    variables: {
      name: defineVariable(
        'AGENT',
        agentNameSchema.default('small'),
        'The coding agent of plans that name none; `small` is built in.',
      ),
    },
  },
  launcher: {
    variables: {
      kind: defineVariable(
        'LAUNCHER',
        z.enum(['process', 'kubernetes']).default('process'),
        'Where attempts run: process (a child process here) or kubernetes.',
      ),
      directory: defineVariable(
        'LAUNCHER_DIR',
        textSchema.optional(),
        'Folder of the process launcher: its records, workspaces and logs of attempts.',
      ),
      path: defineVariable(
        'LAUNCHER_PATH',
        textSchema.optional(),
        "Where an attempt's git, agent, set-up and verify find programs, as PATH. Unset: the system's folders.",
      ),
      codeCache: defineVariable(
        'NODE_COMPILE_CACHE',
        textSchema.optional(),
        'Folder in which bridges keep their compiled code from one attempt to the next.',
      ),
    },
    check: ({ kind, directory }) =>
      kind === 'process' && directory === undefined
        ? 'LAUNCHER is process: set LAUNCHER_DIR to a folder that lasts'
        : undefined,
  },
  slots: {
    variables: {
      system: defineVariable(
        'SLOTS',
        slotsSchema.default(8),
        'Attempts at once, in all: at most 2000.',
      ),
      perRepository: defineVariable(
        'SLOTS_PER_REPOSITORY',
        slotsSchema.optional(),
        'Attempts at once in one repository. Unset: as many as in all.',
      ),
      perPlan: defineVariable(
        'SLOTS_PER_PLAN',
        slotsSchema.optional(),
        'Attempts at once of one plan. Unset: as many as in all.',
      ),
    },
  },
  attempt: {
    variables: {
      maxMinutes: defineVariable(
        'ATTEMPT_MAX_MINUTES',
        createWholeNumberSchema(1, 1_440).default(60),
        'How long an attempt may take.',
      ),
      idleMinutes: defineVariable(
        'ATTEMPT_IDLE_MINUTES',
        createWholeNumberSchema(1, 240).default(15),
        'How long an attempt may go without progress.',
      ),
      maxTokens: defineVariable(
        'ATTEMPT_MAX_TOKENS',
        createWholeNumberSchema(1, 1e12).default(5_000_000),
        'Tokens that an attempt may use.',
      ),
      maxUsd: defineVariable(
        'ATTEMPT_MAX_USD',
        decimalSchema.default(20),
        'USD that an attempt may cost.',
      ),
      maxTurns: defineVariable(
        'ATTEMPT_MAX_TURNS',
        createWholeNumberSchema(1, 1_000).default(200),
        'Calls to the model that an attempt may make.',
      ),
      maxRetries: defineVariable(
        'MAX_RETRIES',
        createWholeNumberSchema(0, 100).default(2),
        'How often a task is tried again after its agent failed, before it is blocked.',
      ),
      leaseSeconds: defineVariable(
        'LEASE_SECONDS',
        createWholeNumberSchema(5, 3_600).default(60),
        'A bridge that was not heard of for so long is lost, and its task is given to another.',
      ),
      heartbeatSeconds: defineVariable(
        'HEARTBEAT_SECONDS',
        decimalSchema.default(10),
        'How often a bridge reports, at most a third of LEASE_SECONDS; what people say reaches the agent with the next one.',
      ),
      launchSeconds: defineVariable(
        'LAUNCH_SECONDS',
        createWholeNumberSchema(5, 3_600).default(120),
        'How long a pod may take from its launch to its first call.',
      ),
      partialCloneMb: defineVariable(
        'PARTIAL_CLONE_MB',
        createWholeNumberSchema(0, 1e9).default(256),
        'From this size on, MB, a repository is cloned without the contents of its older commits; below, a whole clone takes less than asking for what is missing.',
      ),
    },
    check: ({ leaseSeconds, heartbeatSeconds }) =>
      Number(heartbeatSeconds) < 0.2 || Number(heartbeatSeconds) > Number(leaseSeconds) / 3
        ? 'HEARTBEAT_SECONDS is to be at least 0.2 and at most a third of LEASE_SECONDS: a bridge that misses two is still alive'
        : undefined,
  },
  branch: {
    variables: {
      prefix: defineVariable(
        'BRANCH_PREFIX',
        branchSchema.default('smol-gang'),
        'What the names of all our branches begin with.',
      ),
    },
  },
  host: {
    variables: {
      dataDir: defineVariable(
        'SMOL_DATA_DIR',
        textSchema.optional(),
        'Folder of a laptop platform; unset in a cloud.',
      ),
    },
  },
  retention: {
    variables: {
      days: defineVariable(
        'RETENTION_DAYS',
        createWholeNumberSchema(1, 3_650).default(14),
        'How long cancelled work and old transcripts are kept.',
      ),
    },
  },
} as const satisfies Record<string, ConfigSection>;
