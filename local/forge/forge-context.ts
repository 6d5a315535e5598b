import type { KeyObject } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { Log } from '../../core/port/runtime.ts';
import type { Faults } from './fault.ts';
import type { GitRepository } from './git/git-repository.ts';
import type { Lock } from './lock.ts';
import type { Mergeability } from './pull/mergeability.ts';
import type { RepositoryRow } from './store/row-schema.ts';
import type { Rows } from './store/rows.ts';
import type { WebhookSender } from './webhook.ts';

/** Dependencies of every route. */
export type ForgeContext = {
  readonly rows: Rows;
  readonly dataDir: string;
  /** Filled in once the server listens. No slash at the end. */
  readonly urls: { base: string; api: string };
  readonly app:
    | { readonly id: string; readonly slug: string; readonly publicKey: KeyObject }
    | undefined;
  readonly adminToken: string;
  readonly faults: Faults;
  readonly webhooks: WebhookSender;
  readonly mergeability: Mergeability;
  readonly lock: Lock;
  readonly log: Log | undefined;
  /** Current time in epoch milliseconds. */
  now(): number;
  git(repository: RepositoryRow): GitRepository;
  /** Drops the caches and processes of a git directory, after the directory is unlinked. */
  forgetGit(repository: RepositoryRow): void;
};

/** The account of a call and the limits of its token. An absent limit allows everything. */
export type Caller = {
  readonly login: string;
  readonly type: 'User' | 'Bot';
  readonly permission: 'read' | 'write' | 'admin';
  /** Ids of the repositories that the token covers. */
  readonly repositories?: readonly number[];
  /** The only branch that the token may push. */
  readonly branch?: string;
  /** `read`, `write` or `admin` by GitHub's name of a permission. */
  readonly permissions?: Readonly<Record<string, string>>;
};

/** Types of Hono's request context. */
export type ForgeEnv = {
  readonly Bindings: HttpBindings;
  readonly Variables: { readonly caller: Caller; readonly repository: RepositoryRow };
};
