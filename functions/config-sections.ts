import { z } from 'zod';
import { agentNameSchema } from '../core/contract/agent.ts';
import { branchSchema } from '../core/contract/id.ts';
import {
  decimal,
  json,
  list,
  pem,
  type Section,
  secret,
  text,
  url,
  variable,
  whole,
} from './config-variable.ts';

// Everything that can be configured. A Lambda reads the sections that it uses, and is given no others.

const region = variable('AWS_REGION', text.default('us-east-1'), 'AWS region.');
/** Who holds a slot is in one item of the store, which takes some more than this. */
const slots = whole(1, 2_000);
const price = z.object({ input: z.number().min(0), output: z.number().min(0) }).strict();

export const SECTIONS = {
  log: {
    variables: {
      level: variable(
        'LOG_LEVEL',
        z.enum(['info', 'warn', 'error']).default('info'),
        'What is logged: info, warn or error, and what is graver.',
      ),
      file: variable('LOG_FILE', text.optional(), 'A file for the log; unset: the console.'),
    },
  },
  table: {
    variables: {
      region,
      name: variable('TABLE_NAME', text.default('smol-gang'), 'Name of the DynamoDB table.'),
      endpoint: variable(
        'AWS_ENDPOINT_URL_DYNAMODB',
        url.optional(),
        "Address of another DynamoDB than AWS's own, as the laptop's.",
      ),
    },
  },
  queue: {
    variables: {
      region,
      plan: variable('QUEUE_URL_PLAN', url, 'URL of the SQS queue `plan`.'),
      drive: variable('QUEUE_URL_DRIVE', url, 'URL of the SQS queue `drive`.'),
      schedule: variable('QUEUE_URL_SCHEDULE', url, 'URL of the SQS queue `schedule`.'),
      push: variable('QUEUE_URL_PUSH', url, 'URL of the SQS queue `push`.'),
      endpoint: variable(
        'AWS_ENDPOINT_URL_SQS',
        url.optional(),
        "Address of another SQS than AWS's own, as the laptop's.",
      ),
    },
  },
  socket: {
    variables: {
      url: variable('SOCKET_URL', url, 'Where clients open their WebSocket (ws:// or wss://).'),
    },
  },
  push: {
    variables: {
      region,
      endpoint: variable(
        'SOCKET_ENDPOINT',
        url,
        'HTTP address of the WebSocket stage, to which `/@connections` is added.',
      ),
    },
  },
  auth: {
    variables: {
      secrets: secret(
        'AUTH_SECRETS',
        list.pipe(
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
      email: variable(
        'ADMIN_EMAIL',
        z.email('is no e-mail address').default('admin@smol-gang.local'),
        'E-mail of the first admin.',
      ),
      password: secret(
        'ADMIN_PASSWORD',
        z.string().min(10, 'needs at least 10 characters').optional(),
        'Password of the first admin; wins over the stored one. Unset: one is generated and shown once.',
      ),
    },
  },
  api: {
    variables: {
      url: variable('API_URL', url, 'Address of the HTTP API, where bridges call back.'),
    },
  },
  github: {
    variables: {
      apiUrl: variable(
        'GITHUB_API_URL',
        url.default('https://api.github.com'),
        "Address of GitHub's REST API.",
      ),
      token: secret(
        'GITHUB_TOKEN',
        text.optional(),
        'A token with contents and pull requests (write) of the repositories. Or the two variables of a GitHub App.',
      ),
      appId: variable(
        'GITHUB_APP_ID',
        z
          .string()
          .regex(/^\d{1,15}$/, 'is no whole number')
          .optional(),
        'Id of a GitHub App.',
      ),
      appPrivateKey: secret(
        'GITHUB_APP_PRIVATE_KEY',
        pem.optional(),
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
      secrets: secret(
        'GITHUB_WEBHOOK_SECRETS',
        list.default([]),
        'Secrets of the webhooks, separated by commas; each is accepted. Unset: no webhook is, and pull requests are polled.',
      ),
    },
  },
  localForge: {
    variables: {
      url: variable(
        'LOCAL_FORGE_URL',
        url.optional(),
        "Address of the laptop's own forge. Unset: there is none.",
      ),
      token: secret(
        'LOCAL_FORGE_TOKEN',
        text.optional(),
        "Token that links repositories of this machine to the laptop's own forge.",
      ),
      appId: variable(
        'LOCAL_FORGE_APP_ID',
        text.default('1'),
        "Id of the one App that is installed in the laptop's own forge.",
      ),
      appPrivateKey: secret(
        'LOCAL_FORGE_APP_PRIVATE_KEY',
        pem.optional(),
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
      baseUrl: variable(
        'MODEL_BASE_URL',
        url.optional(),
        'Address of an OpenAI-compatible endpoint, usually ending in /v1. Unset: plans wait for a model.',
      ),
      apiKey: secret(
        'MODEL_API_KEY',
        text.default(''),
        'Key of the endpoint; unset where it needs none.',
      ),
      heavy: variable(
        'MODEL_HEAVY',
        text.optional(),
        'Model for planning and for tasks of the tier heavy.',
      ),
      light: variable(
        'MODEL_LIGHT',
        text.optional(),
        'Model for tasks of the tier light. Unset: the heavy one.',
      ),
      prices: variable(
        'MODEL_PRICES',
        json(z.record(z.string(), price)).default({}),
        'USD per million tokens, as JSON by model: {"name": {"input": 1.5, "output": 6}}. Of a model that is missing, the cost is unknown.',
      ),
      contextTokens: variable(
        'MODEL_CONTEXT_TOKENS',
        json(z.record(z.string(), z.number().int().positive())).default({}),
        'Context sizes, as JSON by model: {"name": 128000}. Of a model that is missing, nothing is assumed.',
      ),
      concurrency: variable(
        'MODEL_CONCURRENCY',
        whole(1, 1_000).default(4),
        'Calls to the model at once from one process.',
      ),
      timeoutSeconds: variable(
        'MODEL_TIMEOUT_SECONDS',
        whole(1, 300).default(280),
        'How long one call to the model may take.',
      ),
    },
  },
  agent: {
    variables: {
      name: variable(
        'AGENT',
        agentNameSchema.default('small'),
        'The coding agent of plans that name none; `small` is built in.',
      ),
    },
  },
  launcher: {
    variables: {
      kind: variable(
        'LAUNCHER',
        z.enum(['process', 'kubernetes']).default('process'),
        'Where attempts run: process (a child process here) or kubernetes.',
      ),
      directory: variable(
        'LAUNCHER_DIR',
        text.optional(),
        'Folder of the process launcher: its records, workspaces and logs of attempts.',
      ),
      path: variable(
        'LAUNCHER_PATH',
        text.optional(),
        "Where an attempt's git, agent, set-up and verify find programs, as PATH. Unset: the system's folders.",
      ),
      codeCache: variable(
        'NODE_COMPILE_CACHE',
        text.optional(),
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
      system: variable('SLOTS', slots.default(8), 'Attempts at once, in all: at most 2000.'),
      perRepository: variable(
        'SLOTS_PER_REPOSITORY',
        slots.optional(),
        'Attempts at once in one repository. Unset: as many as in all.',
      ),
      perPlan: variable(
        'SLOTS_PER_PLAN',
        slots.optional(),
        'Attempts at once of one plan. Unset: as many as in all.',
      ),
    },
  },
  attempt: {
    variables: {
      maxMinutes: variable(
        'ATTEMPT_MAX_MINUTES',
        whole(1, 1_440).default(60),
        'How long an attempt may take.',
      ),
      idleMinutes: variable(
        'ATTEMPT_IDLE_MINUTES',
        whole(1, 240).default(15),
        'How long an attempt may go without progress.',
      ),
      maxTokens: variable(
        'ATTEMPT_MAX_TOKENS',
        whole(1, 1e12).default(5_000_000),
        'Tokens that an attempt may use.',
      ),
      maxUsd: variable('ATTEMPT_MAX_USD', decimal.default(20), 'USD that an attempt may cost.'),
      maxTurns: variable(
        'ATTEMPT_MAX_TURNS',
        whole(1, 1_000).default(200),
        'Calls to the model that an attempt may make.',
      ),
      maxRetries: variable(
        'MAX_RETRIES',
        whole(0, 100).default(2),
        'How often a task is tried again after its agent failed, before it is blocked.',
      ),
      leaseSeconds: variable(
        'LEASE_SECONDS',
        whole(5, 3_600).default(60),
        'A bridge that was not heard of for so long is lost, and its task is given to another.',
      ),
      heartbeatSeconds: variable(
        'HEARTBEAT_SECONDS',
        decimal.default(10),
        'How often a bridge reports, at most a third of LEASE_SECONDS; what people say reaches the agent with the next one.',
      ),
      launchSeconds: variable(
        'LAUNCH_SECONDS',
        whole(5, 3_600).default(120),
        'How long a pod may take from its launch to its first call.',
      ),
      partialCloneMb: variable(
        'PARTIAL_CLONE_MB',
        whole(0, 1e9).default(256),
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
      prefix: variable(
        'BRANCH_PREFIX',
        branchSchema.default('smol-gang'),
        'What the names of all our branches begin with.',
      ),
    },
  },
  host: {
    variables: {
      dataDir: variable(
        'SMOL_DATA_DIR',
        text.optional(),
        'Folder of a laptop platform; unset in a cloud.',
      ),
    },
  },
  retention: {
    variables: {
      days: variable(
        'RETENTION_DAYS',
        whole(1, 3_650).default(14),
        'How long cancelled work and old transcripts are kept.',
      ),
    },
  },
} as const satisfies Record<string, Section>;
