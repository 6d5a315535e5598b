import { z } from 'zod';
import { agentNameSchema } from '../core/contract/agent.ts';
import { branchPrefixSchema } from '../core/contract/id.ts';
import type { ConfigSection } from './config-variable.ts';
import {
  createJsonTextSchema,
  createWholeNumberSchema,
  decimalSchema,
  defineSecret,
  defineVariable,
  keySchema,
  pemSchema,
  secretListSchema,
  textSchema,
  urlSchema,
} from './config-variable.ts';

/**
 * Number of slots. One item of the table stores all attempts that hold a slot; the size limit of an item allows slightly more
 * than 2,000.
 */
const slotsSchema = createWholeNumberSchema(1, 2_000);
const priceSchema = z.object({ input: z.number().min(0), output: z.number().min(0) }).strict();

/** Sections whose values an operator chooses. */
export const OPERATOR_SECTIONS = {
  log: {
    variables: {
      level: defineVariable(
        'LOG_LEVEL',
        z.enum(['info', 'warn', 'error']).default('info'),
        'Lowest level that is logged: info, warn or error.',
      ),
      file: defineVariable(
        'LOG_FILE',
        textSchema.optional(),
        'Path of the log file. Unset: the log goes to the console.',
      ),
    },
  },
  admin: {
    variables: {
      email: defineVariable(
        'ADMIN_EMAIL',
        z.email('is not an e-mail address').default('admin@smol-gang.local'),
        'E-mail address of the first admin.',
      ),
      password: defineSecret(
        'ADMIN_PASSWORD',
        z.string().min(10, 'needs at least 10 characters').optional(),
        'Password of the first admin, which replaces the stored password. Unset: a generated password is shown once.',
      ),
    },
  },
  github: {
    variables: {
      apiUrl: defineVariable(
        'GITHUB_API_URL',
        urlSchema.default('https://api.github.com'),
        'URL of the REST API of GitHub.',
      ),
      token: defineSecret(
        'GITHUB_TOKEN',
        keySchema.optional(),
        'GitHub token with write access to contents and pull requests. Alternative: a GitHub App.',
      ),
      appId: defineVariable(
        'GITHUB_APP_ID',
        z
          .string()
          .regex(/^\d{1,15}$/, 'is not a whole number')
          .optional(),
        'Id of the GitHub App.',
      ),
      appPrivateKey: defineSecret(
        'GITHUB_APP_PRIVATE_KEY',
        pemSchema.optional(),
        'Private key (PEM) of the GitHub App. Line breaks may be written as \\n.',
      ),
    },
    check: ({ token, appId, appPrivateKey }) => {
      if ((appId === undefined) !== (appPrivateKey === undefined))
        return 'GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY belong together: set both or neither';
      if (token !== undefined && appId !== undefined)
        return 'GITHUB_TOKEN and GITHUB_APP_ID are both set: remove one of them';
      return undefined;
    },
  },
  webhook: {
    variables: {
      secrets: defineSecret(
        'GITHUB_WEBHOOK_SECRETS',
        secretListSchema.default([]),
        'Secrets of webhooks, separated by commas; all secrets are accepted. Unset: webhooks are rejected, and pull requests are polled.',
      ),
    },
  },
  model: {
    variables: {
      baseUrl: defineVariable(
        'MODEL_BASE_URL',
        urlSchema.optional(),
        'URL of an OpenAI-compatible endpoint; usually ends in /v1. Unset: plans wait until a model is configured.',
      ),
      apiKey: defineSecret(
        'MODEL_API_KEY',
        keySchema.default(''),
        'API key of the model endpoint. Unset: the endpoint needs no key.',
      ),
      heavy: defineVariable(
        'MODEL_HEAVY',
        textSchema.optional(),
        'Model for planning and for tasks of the tier `heavy`.',
      ),
      light: defineVariable(
        'MODEL_LIGHT',
        textSchema.optional(),
        'Model for tasks of the tier `light`. Unset: MODEL_HEAVY.',
      ),
      prices: defineVariable(
        'MODEL_PRICES',
        createJsonTextSchema(z.record(z.string(), priceSchema)).default({}),
        'Prices in USD per million tokens, as JSON by model: {"name": {"input": 1.5, "output": 6}}. The cost of other models is unknown.',
      ),
      contextTokens: defineVariable(
        'MODEL_CONTEXT_TOKENS',
        createJsonTextSchema(z.record(z.string(), z.number().int().positive())).default({}),
        'Context sizes in tokens, as JSON by model: {"name": 128000}. Prompts for other models are not checked.',
      ),
      concurrency: defineVariable(
        'MODEL_CONCURRENCY',
        createWholeNumberSchema(1, 1_000).default(4),
        'Maximum number of concurrent calls to the model from one process.',
      ),
      timeoutSeconds: defineVariable(
        'MODEL_TIMEOUT_SECONDS',
        // The function of the planner ends after 840 seconds.
        createWholeNumberSchema(1, 800).default(600),
        'Timeout of one call of the planner to the model, in seconds. Agents wait for the model for at most ATTEMPT_IDLE_MINUTES.',
      ),
    },
  },
  agent: {
    variables: {
      name: defineVariable(
        'AGENT',
        agentNameSchema.default('small'),
        'Coding agent of plans that name no agent. The agent `small` is built in.',
      ),
    },
  },
  slots: {
    variables: {
      system: defineVariable(
        'SLOTS',
        slotsSchema.default(8),
        'Maximum number of concurrent attempts, at most 2000.',
      ),
      perRepository: defineVariable(
        'SLOTS_PER_REPOSITORY',
        slotsSchema.optional(),
        'Maximum number of concurrent attempts of one repository. Unset: SLOTS.',
      ),
      perPlan: defineVariable(
        'SLOTS_PER_PLAN',
        slotsSchema.optional(),
        'Maximum number of concurrent attempts of one plan. Unset: SLOTS.',
      ),
    },
  },
  attempt: {
    variables: {
      maxMinutes: defineVariable(
        'ATTEMPT_MAX_MINUTES',
        createWholeNumberSchema(1, 1_440).default(60),
        'Maximum duration of an attempt, in minutes.',
      ),
      idleMinutes: defineVariable(
        'ATTEMPT_IDLE_MINUTES',
        createWholeNumberSchema(1, 240).default(15),
        'Maximum time without progress of an attempt, in minutes.',
      ),
      maxTokens: defineVariable(
        'ATTEMPT_MAX_TOKENS',
        createWholeNumberSchema(1, 1e12).default(5_000_000),
        'Maximum number of tokens that one attempt may use.',
      ),
      maxUsd: defineVariable(
        'ATTEMPT_MAX_USD',
        decimalSchema.default(20),
        'Maximum cost of an attempt, in USD.',
      ),
      maxTurns: defineVariable(
        'ATTEMPT_MAX_TURNS',
        createWholeNumberSchema(1, 1_000).default(200),
        'Maximum number of calls to the model in one attempt.',
      ),
      maxRetries: defineVariable(
        'MAX_RETRIES',
        createWholeNumberSchema(0, 100).default(2),
        'Number of retries after a failure of the agent, before the task is blocked.',
      ),
      leaseSeconds: defineVariable(
        'LEASE_SECONDS',
        createWholeNumberSchema(5, 3_600).default(60),
        'Time without a heartbeat after which an attempt counts as lost and another attempt starts, in seconds.',
      ),
      heartbeatSeconds: defineVariable(
        'HEARTBEAT_SECONDS',
        decimalSchema.default(10),
        'Interval of heartbeats in seconds, at most a third of LEASE_SECONDS. Messages from people reach the agent with the next heartbeat.',
      ),
      launchSeconds: defineVariable(
        'LAUNCH_SECONDS',
        createWholeNumberSchema(5, 3_600).default(120),
        'Maximum time from the launch of a pod to its first call, in seconds.',
      ),
      partialCloneMb: defineVariable(
        'PARTIAL_CLONE_MB',
        createWholeNumberSchema(0, 1e9).default(256),
        'Size in MB from which a clone omits the file contents of older commits. A full clone of a smaller repository is faster than later requests for missing contents.',
      ),
    },
    check: ({ leaseSeconds, heartbeatSeconds }) =>
      Number(heartbeatSeconds) < 0.2 || Number(heartbeatSeconds) > Number(leaseSeconds) / 3
        ? 'HEARTBEAT_SECONDS must be at least 0.2 and at most a third of LEASE_SECONDS, so that two missed heartbeats do not end an attempt'
        : undefined,
  },
  branch: {
    variables: {
      prefix: defineVariable(
        'BRANCH_PREFIX',
        branchPrefixSchema.default('smol-gang'),
        'Prefix of all branches that the platform creates.',
      ),
    },
  },
  retention: {
    variables: {
      days: defineVariable(
        'RETENTION_DAYS',
        createWholeNumberSchema(1, 3_650).default(14),
        'Retention of cancelled work and old transcripts, in days.',
      ),
    },
  },
} as const satisfies Record<string, ConfigSection>;
