import type { Page } from '../base/list-pages.ts';
import type { Table } from '../port/table.ts';
import { formatPlanPartition, KEY, parseBaseWatcher, SORT_PREFIX } from '../topology/table-keys.ts';

// Notes that plans wait for a base check. The notes are in the partition of the check.

const WATCHERS_PER_PAGE = 100;

/** Notes that the plan waits for the check; `expiresAt` in epoch milliseconds. */
export async function putBaseWatcher(
  table: Table,
  check: string,
  plan: string,
  expiresAt: number,
): Promise<void> {
  await table.put({ ...KEY.baseWatcher(check, plan), expiresAt: Math.floor(expiresAt / 1_000) });
}

/** Reads a page of the ids of the plans that wait for the check. */
export async function listBaseWatchers(
  table: Table,
  check: string,
  after: string | undefined,
): Promise<Page<string>> {
  const options = { prefix: SORT_PREFIX.baseWatcher, limit: WATCHERS_PER_PAGE };
  const page = await table.query(formatPlanPartition(check), { ...options, after });
  return { items: page.items.map(parseBaseWatcher), next: page.next };
}
