import { QUEUES } from './queues.ts';
import {
  API_TOKENS_PARTITION,
  formatAccountPartition,
  formatConnectionPartition,
  formatDeliveryPartition,
  formatNoticesPartition,
  formatOneTimeSecretPartition,
  formatPlanPartition,
  formatPlanWatchersPartition,
  USERS_PARTITION,
} from './table-keys.ts';

// Permissions, secrets and configuration of each function. The deployment derives the IAM policy and the environment of a
// function from this table, and a test runs each function with exactly these permissions.

/** Operation that a function may perform on the table; `index` is a query of an index. */
export type TableRight = 'get' | 'put' | 'update' | 'delete' | 'query' | 'index';

/** Name of a secret of the installation. */
export type SecretName =
  | 'AUTH_SECRETS'
  /** Private key of the GitHub App, or the GitHub token. */
  | 'GITHUB'
  | 'GITHUB_WEBHOOK_SECRETS'
  | 'MODEL_API_KEY';

/** Permissions of one function. */
export type Rights = {
  /** Configuration sections of the function (functions/config-sections.ts). */
  readonly config: readonly string[];
  readonly secrets: readonly SecretName[];
  readonly table: readonly TableRight[];
  /** Partitions that the function may access; `*` stands for any id. All partitions if absent. */
  readonly partitions?: readonly string[];
  /** Partitions from which the function may only get items, in addition to `partitions`. */
  readonly readOnlyPartitions?: readonly string[];
  /**
   * Names of the queues that the function may send to. A function that changes plans may send to every queue, because one
   * module announces every transition of a plan.
   */
  readonly sends: readonly string[];
  /** True if the function may send to open WebSockets. */
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

/** Partitions of users and API tokens. */
const USER_PARTITIONS = [USERS_PARTITION, API_TOKENS_PARTITION];
/** Partitions with the data of a WebSocket connection. */
const CONNECTION_PARTITIONS = [
  formatPlanWatchersPartition('*'),
  formatConnectionPartition('*'),
  formatAccountPartition('*'),
];

/** Permissions by entry file. */
export const RIGHTS: Readonly<Record<string, Rights>> = {
  'functions/http/api.ts': {
    ...ENGINE_RIGHTS,
    config: [...ENGINE_RIGHTS.config, 'github', 'auth', 'socket', 'push'],
    secrets: ['AUTH_SECRETS', 'GITHUB'],
    sends: EVERY_QUEUE,
    pushes: true,
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
    sends: EVERY_QUEUE,
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
    sends: EVERY_QUEUE,
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
    sends: EVERY_QUEUE,
  },
  'functions/queue/notify.ts': {
    config: ['log', 'table'],
    secrets: [],
    table: ['put'],
    partitions: [formatNoticesPartition('*')],
    sends: [],
    pushes: false,
  },
  'functions/queue/push.ts': {
    config: ['log', 'table', 'push'],
    secrets: [],
    table: ['query', 'delete'],
    partitions: CONNECTION_PARTITIONS,
    sends: [],
    pushes: true,
  },
  'functions/ws/connect.ts': {
    config: ['table'],
    secrets: [],
    table: ['get', 'put', 'delete'],
    partitions: [
      formatOneTimeSecretPartition('ticket', '*'),
      formatConnectionPartition('*'),
      formatAccountPartition('*'),
    ],
    readOnlyPartitions: USER_PARTITIONS,
    sends: [],
    pushes: false,
  },
  'functions/ws/disconnect.ts': {
    config: ['table'],
    secrets: [],
    table: ['query', 'delete'],
    partitions: CONNECTION_PARTITIONS,
    sends: [],
    pushes: false,
  },
  'functions/ws/default.ts': {
    config: ['table', 'push'],
    secrets: [],
    table: ['get', 'put', 'update', 'query', 'delete'],
    readOnlyPartitions: [...USER_PARTITIONS, formatPlanPartition('*')],
    partitions: CONNECTION_PARTITIONS,
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

/** Returns the permissions of a function; throws if RIGHTS has no entry, so that the deployment fails. */
export function requireRights(handler: string): Rights {
  const rights = RIGHTS[handler];
  if (rights === undefined)
    throw new Error(
      `${handler} has no entry in RIGHTS of core/topology/rights.ts; add its permissions there`,
    );
  return rights;
}
