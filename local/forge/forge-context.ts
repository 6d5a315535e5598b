import type { KeyObject } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { Log } from '../../core/port/runtime.ts';
import type { Faults } from './fault.ts';
import type { GitRepository } from './git/git-repository.ts';
import type { Lock } from './lock.ts';
import type { MergeabilityReader } from './pull/mergeability.ts';
import type { Database } from './store/database.ts';
import type { RepositoryRow } from './store/row-schema.ts';
import type { WebhookSender } from './webhook.ts';

/** State and dependencies that all routes of the forge share. */
export type ForgeContext = {
  readonly database: Database;
  readonly dataDir: string;
  /** Base URLs of the pages (`base`) and of the REST interface (`api`); empty until the server listens. No slash at the end. */
  readonly urls: { base: string; api: string };
  /** The GitHub App of this forge; undefined: no App can sign in. */
  readonly app:
    | { readonly id: string; readonly slug: string; readonly publicKey: KeyObject }
    | undefined;
  readonly adminToken: string;
  readonly faults: Faults;
  readonly webhooks: WebhookSender;
  readonly readMergeability: MergeabilityReader;
  readonly lock: Lock;
  readonly log: Log | undefined;
  /** Current time in epoch milliseconds. */
  now(): number;
  /** Returns the git directory of a repository; opened once and shared by all calls. */
  openGit(repository: RepositoryRow): GitRepository;
  /** Drops the caches of a git directory and ends its processes. The next `openGit` opens the directory again. */
  closeGit(repository: RepositoryRow): void;
};

/** The account that sends a request, and the limits of its token. An absent limit allows everything. */
export type Caller = {
  readonly login: string;
  readonly type: 'User' | 'Bot';
  readonly permission: 'read' | 'write' | 'admin';
  /** Ids of the repositories that the token covers. */
  readonly repositories?: readonly number[];
  /** The only branch that the token may push. */
  readonly branch?: string;
  /** Level (`read`, `write` or `admin`) by GitHub's name of the permission, such as `contents`. */
  readonly permissions?: Readonly<Record<string, string>>;
};

/** Types of Hono's request context. */
export type ForgeEnv = {
  readonly Bindings: HttpBindings;
  readonly Variables: { readonly caller: Caller; readonly repository: RepositoryRow };
};
