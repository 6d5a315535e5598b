import { z } from 'zod';
import { listPages } from '../base/list-pages.ts';
import type { PlanId } from '../contract/id.ts';
import type { Clock } from '../port/runtime.ts';
import type { Item, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import {
  formatAccountPartition,
  formatConnectionPartition,
  KEY,
  SORT_PREFIX,
} from '../topology/table-keys.ts';

// WebSocket connections: which user opened a connection, and which plans the connection watches. Each pair of a connection and a
// plan has an item in the partition of the plan, for pushes, and an item in the partition of the connection, for a disconnect.

/** Lifetime of the items of a connection, seconds; longer than a connection can last. */
const LIFETIME_SECONDS = 3 * 3_600;
/** Maximum number of plans that a connection may watch. */
export const MAX_WATCHED_PLANS = 200;

type StoreDeps = { readonly table: Table; readonly clock: Clock };

const ownerSchema = z.object({
  account: z.string(),
  email: z.string(),
  via: z.enum(['session', 'token']),
  credential: z.string(),
});
/** User of a connection, with the session or API token that opened the connection. */
export type ConnectionOwner = z.infer<typeof ownerSchema>;

/** A connection in the list of its account. */
export type AccountConnection = { readonly connection: string; readonly credential: string };

/** Stores the owner of a new connection. */
export async function recordConnection(
  deps: StoreDeps,
  connection: string,
  owner: ConnectionOwner,
): Promise<void> {
  const { account, email, via, credential } = owner;
  const expiresAt = computeExpiry(deps.clock);
  await deps.table.put({ ...KEY.accountConnection(account, connection), credential, expiresAt });
  const item = { account, email, via, credential, watchedPlans: 0, expiresAt };
  await deps.table.put({ ...KEY.connection(connection), ...item });
}

/** Returns the owner of a connection; undefined for an unknown connection. */
export async function loadConnectionOwner(
  table: Table,
  connection: string,
): Promise<ConnectionOwner | undefined> {
  const item = await table.get(KEY.connection(connection));
  return item === undefined ? undefined : ownerSchema.parse(item);
}

/** Lists the connections of an account. */
export async function listAccountConnections(
  table: Table,
  account: string,
): Promise<AccountConnection[]> {
  const prefix = SORT_PREFIX.connection;
  const pk = formatAccountPartition(account);
  const items = listPages((after) => table.query(pk, { prefix, after }));
  return Array.fromAsync(items, (item) => ({
    connection: item.sk.slice(prefix.length),
    credential: z.string().parse(item.credential),
  }));
}

/** Makes a connection watch a plan. Returns false, and writes no watch, if the connection watches MAX_WATCHED_PLANS plans. */
export async function watchPlan(
  deps: StoreDeps,
  connection: string,
  plan: PlanId,
): Promise<boolean> {
  const { table } = deps;
  const expiresAt = computeExpiry(deps.clock);
  const watchedPlan = { ...KEY.watchedPlan(connection, plan), expiresAt };
  if (await table.put(watchedPlan, ITEM_IS_ABSENT)) {
    const isBelowLimit = [{ attribute: 'watchedPlans', below: MAX_WATCHED_PLANS }];
    const counted = { add: { watchedPlans: 1 } };
    if ((await table.update(KEY.connection(connection), counted, isBelowLimit)) === undefined) {
      await table.delete(watchedPlan);
      return false;
    }
  }
  await table.put({ ...KEY.planWatcher(plan, connection), expiresAt });
  return true;
}

/** Ends the watch of a plan by a connection. */
export async function unwatchPlan(table: Table, connection: string, plan: PlanId): Promise<void> {
  await table.delete(KEY.planWatcher(plan, connection));
  if (!(await table.delete(KEY.watchedPlan(connection, plan), ITEM_IS_PRESENT))) return;
  const counted = { add: { watchedPlans: -1 } };
  await table.update(KEY.connection(connection), counted, ITEM_IS_PRESENT);
}

/** Deletes the watches and the owner of a connection. */
export async function removeConnection(table: Table, connection: string): Promise<void> {
  const pk = formatConnectionPartition(connection);
  const items = await Array.fromAsync(listPages((after) => table.query(pk, { after })));
  for (const item of items) await removeConnectionItem(table, connection, item);
}

async function removeConnectionItem(table: Table, connection: string, item: Item): Promise<void> {
  if (item.sk.startsWith(SORT_PREFIX.watchedPlan)) {
    await table.delete(KEY.planWatcher(item.sk.slice(SORT_PREFIX.watchedPlan.length), connection));
  } else {
    const { account } = ownerSchema.parse(item);
    await table.delete(KEY.accountConnection(account, connection));
  }
  await table.delete(item);
}

function computeExpiry(clock: Clock): number {
  return Math.floor(clock.now() / 1_000) + LIFETIME_SECONDS;
}
