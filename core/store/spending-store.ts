import type { AttemptKey } from '../contract/id.ts';
import type { Usage } from '../contract/task.ts';
import { hasBudget } from '../plan-state/plan-state.ts';
import type { Change, Item, Table } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import { readNumber, readText } from './document.ts';
import type { StoredPlan } from './plan-store.ts';

// Spending of a plan with a budget: an item of its own with the total of ended attempts and an entry for each running attempt. An
// entry exists from the start of its attempt until its usage is added to the total, so no usage is missing between both writes. Plans
// without a budget have no such item.

/** Start of an entry's attribute name; the value is "tokens|USD". */
const ENTRY_PREFIX = 'u:';

function formatEntryName({ run, task, attemptNumber }: AttemptKey): string {
  return `${ENTRY_PREFIX}${run}.${task}.${attemptNumber}`;
}

/** Amounts that count against a budget. */
type Amount = { readonly tokens: number; readonly usd: number };

function toAmount(usage: Usage): Amount {
  return { tokens: usage.inputTokens + usage.outputTokens, usd: usage.usd ?? 0 };
}

function formatAmount({ tokens, usd }: Amount): string {
  return `${tokens}|${usd}`;
}

function parseAmount(text: string): Amount {
  const [tokens = '0', usd = '0'] = text.split('|');
  return { tokens: Number(tokens), usd: Number(usd) };
}

/** Adds the amounts of ended and running attempts. */
function sumSpending(item: Item): Amount {
  let tokens = readNumber(item, 'usedTokens');
  let usd = readNumber(item, 'usedUsd');
  for (const name of Object.keys(item)) {
    if (!name.startsWith(ENTRY_PREFIX)) continue;
    const amount = parseAmount(readText(item, name) ?? '');
    tokens += amount.tokens;
    usd += amount.usd;
  }
  return { tokens, usd };
}

function addSpending(plan: StoredPlan, item: Item | undefined): StoredPlan {
  if (item === undefined) return plan;
  const { tokens, usd } = sumSpending(item);
  return { ...plan, usedTokens: tokens, usedUsd: usd };
}

/** Returns the plan with totals that include its running attempts. A plan without a budget is returned unchanged, without a read. */
export async function addLiveSpending(table: Table, plan: StoredPlan): Promise<StoredPlan> {
  if (!hasBudget(plan.state)) return plan;
  return addSpending(plan, await table.get(KEY.planSpending(plan.state.id)));
}

/** Begins the spending item of a plan that gets its first budget, with the total of all attempts that have ended. */
export async function putSpending(table: Table, { state, ...used }: StoredPlan): Promise<void> {
  const { usedTokens, usedUsd } = used;
  await table.put({ ...KEY.planSpending(state.id), usedTokens, usedUsd });
}

/** Adds the entry of an attempt that starts. A repeated call changes nothing, so that a late call resets no usage. */
export async function openSpendingEntry(
  table: Table,
  key: AttemptKey,
  usage: Usage,
): Promise<void> {
  const set = { [formatEntryName(key)]: formatAmount(toAmount(usage)) };
  await table.update(KEY.planSpending(key.plan), { set }, [
    { attribute: formatEntryName(key), is: 'absent' },
  ]);
}

/** Sets the usage of a running attempt and returns the plan with the new totals. An attempt without an entry changes nothing. */
export async function setSpendingEntry(
  table: Table,
  plan: StoredPlan,
  key: AttemptKey,
  usage: Usage,
): Promise<StoredPlan> {
  const set = { [formatEntryName(key)]: formatAmount(toAmount(usage)) };
  const item = await updateEntry(table, key, { set });
  return item === undefined ? addLiveSpending(table, plan) : addSpending(plan, item);
}

/** Moves the usage of an ended attempt from its entry to the total. A repeated call finds no entry and changes nothing. */
export async function closeSpendingEntry(
  table: Table,
  key: AttemptKey,
  usage: Usage,
): Promise<void> {
  const { tokens, usd } = toAmount(usage);
  await updateEntry(table, key, {
    add: { usedTokens: tokens, usedUsd: usd },
    remove: [formatEntryName(key)],
  });
}

function updateEntry(table: Table, key: AttemptKey, change: Change): Promise<Item | undefined> {
  return table.update(KEY.planSpending(key.plan), change, [
    { attribute: formatEntryName(key), is: 'present' },
  ]);
}
