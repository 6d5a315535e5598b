import type { AttemptId, AttemptKey } from '../contract/id.ts';
import { formatAttemptId, parseAttemptId } from '../contract/id.ts';
import type { Item, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import { readNumber } from './document.ts';

// Who holds a slot: one item with a version and the set of attempts, so that every cap is counted at one moment and no
// counter can drift.

export type SlotHolder = {
  readonly attempt: AttemptKey;
  readonly repo: string;
  readonly since: number;
};
export type Slots = { readonly version: number; readonly holders: Map<AttemptId, SlotHolder> };

export async function loadSlots(table: Table): Promise<Slots> {
  return readSlots(await table.get(KEY.slots()));
}

function readSlots(item: Item | undefined): Slots {
  const holders = new Map<AttemptId, SlotHolder>();
  if (item === undefined) return { version: 0, holders };
  const stored = item.holders;
  if (
    typeof stored === 'object' &&
    stored !== null &&
    !Array.isArray(stored) &&
    !(stored instanceof Set)
  ) {
    for (const [id, value] of Object.entries(stored)) {
      const attempt = parseAttemptId(id);
      if (attempt === undefined || typeof value !== 'string') continue;
      const [since = '0', repo = ''] = value.split('|');
      holders.set(id, { attempt, repo, since: Number(since) });
    }
  }
  return { version: readNumber(item, 'v'), holders };
}

/** Adds holders over exactly the version that was read; false: somebody else changed it. */
export async function addSlotHolders(
  table: Table,
  before: Slots,
  added: readonly SlotHolder[],
): Promise<boolean> {
  const entries = Object.fromEntries(
    added.map((holder) => [formatAttemptId(holder.attempt), `${holder.since}|${holder.repo}`]),
  );
  if (before.version === 0) {
    return table.put({ ...KEY.slots(), v: 1, holders: entries }, ITEM_IS_ABSENT);
  }
  const change = { set: { v: before.version + 1 }, setIn: { holders: entries } };
  return (
    (await table.update(KEY.slots(), change, [{ attribute: 'v', equals: before.version }])) !==
    undefined
  );
}

/** Unconditional: whoever knows that an attempt's pod is gone may free it, twice too. */
export async function removeSlotHolders(table: Table, ids: readonly AttemptId[]): Promise<void> {
  if (ids.length === 0) return;
  await table.update(KEY.slots(), { add: { v: 1 }, removeIn: { holders: ids } }, ITEM_IS_PRESENT);
}
