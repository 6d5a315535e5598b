import { QUEUES } from './queues.ts';
import {
  formatConnectionPartition,
  formatDeliveryPartition,
  formatOneTimeSecretPartition,
  formatPlanWatchersPartition,
  USERS_PARTITION,
} from './table-keys.ts';

// What each function may do and may know: its permissions and its environment in the cloud follow from its row, and a test
// runs it with nothing else. A secret is named here or the function does not have it.

export type TableRight = 'get' | 'put' | 'update' | 'delete' | 'query' | 'index';

export type SecretName =
  | 'AUTH_SECRETS'
  /** The App's private key or the token, as GitHub is configured. */
  | 'GITHUB'
  | 'GITHUB_WEBHOOK_SECRETS'
  | 'MODEL_API_KEY';

export type Rights = {
  /** Sections of the configuration. */
  readonly config: readonly string[];
  readonly secrets: readonly SecretName[];
  readonly table: readonly TableRight[];
  /** The partitions that it reaches, `*` for any end of their name; absent: all. */
  readonly partitions?: readonly string[];
  /** Queues that it sends to. */
  readonly sends: readonly string[];
  /** Sends to open WebSockets. */
  readonly pushes: boolean;
};

const EVERY_RIGHT: readonly TableRight[] = ['get', 'put', 'update', 'delete', 'query', 'index'];
const EVERY_QUEUE = QUEUES.map(({ name }) => name);

const ENGINE_RIGHTS = {
  config: [
    'log',
    'table',
    'queue',
    'api',
    'model',
    'agent',
    'slots',
    'attempt',
    'branch',
    'retention',
  ],
  table: EVERY_RIGHT,
  pushes: false,
} as const;

/** By handler. */
export const RIGHTS: Readonly<Record<string, Rights>> = {
  'functions/http/api.ts': {
    ...ENGINE_RIGHTS,
    config: [...ENGINE_RIGHTS.config, 'github', 'auth', 'socket'],
    secrets: ['AUTH_SECRETS', 'GITHUB'],
    sends: EVERY_QUEUE,
  },
  'functions/http/doctor.ts': {
    ...ENGINE_RIGHTS,
    config: [...ENGINE_RIGHTS.config, 'github', 'auth', 'launcher'],
    secrets: ['AUTH_SECRETS', 'GITHUB', 'MODEL_API_KEY'],
    table: ['get', 'put', 'query', 'index'],
    sends: ['schedule'],
  },
  'functions/http/attempt.ts': {
    ...ENGINE_RIGHTS,
    config: [...ENGINE_RIGHTS.config, 'github', 'auth'],
    secrets: ['AUTH_SECRETS', 'GITHUB', 'MODEL_API_KEY'],
    sends: ['reconcile', 'schedule', 'push'],
  },
  'functions/hook/github.ts': {
    config: ['log', 'table', 'queue', 'webhook'],
    secrets: ['GITHUB_WEBHOOK_SECRETS'],
    table: ['get', 'put'],
    partitions: [formatDeliveryPartition('*')],
    sends: ['reconcile'],
    pushes: false,
  },
  'functions/queue/plan.ts': {
    ...ENGINE_RIGHTS,
    config: [...ENGINE_RIGHTS.config, 'github'],
    secrets: ['GITHUB', 'MODEL_API_KEY'],
    sends: ['plan', 'reconcile', 'push'],
  },
  'functions/queue/reconcile.ts': {
    ...ENGINE_RIGHTS,
    config: [...ENGINE_RIGHTS.config, 'github', 'auth', 'launcher'],
    secrets: ['AUTH_SECRETS', 'GITHUB'],
    sends: EVERY_QUEUE,
  },
  'functions/queue/schedule.ts': {
    ...ENGINE_RIGHTS,
    config: [...ENGINE_RIGHTS.config, 'auth', 'launcher'],
    secrets: ['AUTH_SECRETS'],
    sends: ['reconcile', 'schedule', 'push'],
  },
  'functions/queue/push.ts': {
    config: ['log', 'table', 'push'],
    secrets: [],
    table: ['query', 'delete'],
    partitions: [formatPlanWatchersPartition('*'), formatConnectionPartition('*')],
    sends: [],
    pushes: true,
  },
  'functions/ws/connect.ts': {
    config: ['table'],
    secrets: [],
    table: ['get', 'delete'],
    partitions: [formatOneTimeSecretPartition('ticket', '*'), USERS_PARTITION],
    sends: [],
    pushes: false,
  },
  'functions/ws/disconnect.ts': {
    config: ['table'],
    secrets: [],
    table: ['query', 'delete'],
    partitions: [formatPlanWatchersPartition('*'), formatConnectionPartition('*')],
    sends: [],
    pushes: false,
  },
  'functions/ws/default.ts': {
    config: ['table', 'push'],
    secrets: [],
    table: ['put', 'delete'],
    partitions: [formatPlanWatchersPartition('*'), formatConnectionPartition('*')],
    sends: [],
    pushes: true,
  },
  'functions/cron/resync.ts': {
    ...ENGINE_RIGHTS,
    config: [...ENGINE_RIGHTS.config, 'github', 'auth', 'launcher'],
    secrets: ['AUTH_SECRETS', 'GITHUB'],
    sends: EVERY_QUEUE,
  },
};

/** Throws for a handler that has no row: a function without stated rights is not deployed. */
export function requireRights(handler: string): Rights {
  const rights = RIGHTS[handler];
  if (rights === undefined)
    throw new Error(`no row of core/topology/rights.ts says what ${handler} may do`);
  return rights;
}
