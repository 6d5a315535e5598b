import type { ServerFrame } from '../../contract/frame.ts';
import type { Push } from '../../port/push.ts';
import type { Clock } from '../../port/runtime.ts';
import type { Table } from '../../port/table.ts';
import {
  formatConnectionPartition,
  formatPlanWatchersPartition,
  KEY,
} from '../../topology/table-keys.ts';

// Stores which connections watch which plans. Each pair has an item in the partition of the plan, for pushes, and an item in the
// partition of the connection, for a disconnect. A lost push only delays a client, because clients also poll for changes.

/** Ports of the plan watchers. */
export type WatchDeps = { readonly table: Table; readonly push: Push; readonly clock: Clock };

/** Lifetime of a watch, seconds; longer than a connection can last. */
const WATCH_LIFETIME_S = 3 * 3_600;

export async function watchPlan(
  deps: Omit<WatchDeps, 'push'>,
  connection: string,
  plan: string,
): Promise<void> {
  const expiresAt = Math.floor(deps.clock.now() / 1_000) + WATCH_LIFETIME_S;
  await deps.table.put({ ...KEY.watchedPlan(connection, plan), expiresAt });
  await deps.table.put({ ...KEY.planWatcher(plan, connection), expiresAt });
}

export async function unwatchPlan(table: Table, connection: string, plan: string): Promise<void> {
  await table.delete(KEY.planWatcher(plan, connection));
  await table.delete(KEY.watchedPlan(connection, plan));
}

export async function removeConnection(table: Table, connection: string): Promise<void> {
  const page = await table.query(formatConnectionPartition(connection));
  for (const item of page.items) await unwatchPlan(table, connection, item.sk);
}

export async function notifyWatchers(deps: WatchDeps, plan: string): Promise<void> {
  const page = await deps.table.query(formatPlanWatchersPartition(plan));
  const frame: ServerFrame = { type: 'changed', v: 1, plan, at: deps.clock.now() };
  await Promise.all(
    page.items.map(async ({ sk: connection }) => {
      if ((await deps.push.send(connection, frame)) === 'gone')
        await removeConnection(deps.table, connection);
    }),
  );
}
