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

/** What every route works with. */
export type ForgeContext = {
  readonly rows: Rows;
  readonly dataDir: string;
  /** Known once the server listens. */
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
  now(): number;
  git(repository: RepositoryRow): GitRepository;
  /** Forgets what is known of a git directory; for one that is unlinked. */
  forgetGit(repository: RepositoryRow): void;
};

/** Who calls, and what the token allows. Absent limits mean none. */
export type Caller = {
  readonly login: string;
  readonly type: 'User' | 'Bot';
  readonly permission: 'read' | 'write' | 'admin';
  readonly repositories?: readonly number[];
  /** The only branch that may be pushed. */
  readonly branch?: string;
  readonly permissions?: Readonly<Record<string, string>>;
};

export type ForgeEnv = {
  readonly Bindings: HttpBindings;
  readonly Variables: { readonly caller: Caller; readonly repository: RepositoryRow };
};
