import type { Table } from '../port/table.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import { readNumber } from './document.ts';

// Lease of the planner of a plan. The lease has its own item, so a renewal never races with writes of the plan.

/** Held lease; a write with an older fence has no effect. */
export type PlannerLease = { readonly plan: string; readonly fence: number };

/** Acquires the lease for `leaseMs` milliseconds, or returns the end of another planner's lease, epoch milliseconds. */
export async function acquirePlannerLease(
  table: Table,
  plan: string,
  now: number,
  leaseMs: number,
): Promise<PlannerLease | { readonly heldUntil: number }> {
  const key = KEY.plannerLease(plan);
  const item = await table.get(key);
  if (item === undefined) {
    const isAcquired = await table.put({ ...key, fence: 1, until: now + leaseMs }, ITEM_IS_ABSENT);
    return isAcquired ? { plan, fence: 1 } : { heldUntil: now + leaseMs };
  }
  const until = readNumber(item, 'until');
  if (until > now) return { heldUntil: until };
  const fence = readNumber(item, 'fence');
  const change = { set: { fence: fence + 1, until: now + leaseMs } };
  const acquired = await table.update(key, change, [{ attribute: 'fence', equals: fence }]);
  return acquired === undefined ? { heldUntil: now + leaseMs } : { plan, fence: fence + 1 };
}

/** Extends a lease until `until`, epoch milliseconds; 0 releases the lease. The lease of another planner stays unchanged. */
export async function renewPlannerLease(
  table: Table,
  lease: PlannerLease,
  until: number,
): Promise<void> {
  await table.update(KEY.plannerLease(lease.plan), { set: { until } }, [
    { attribute: 'fence', equals: lease.fence },
  ]);
}
