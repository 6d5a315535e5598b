import type { AttemptId, AttemptKey } from '../contract/id.ts';
import { formatAttemptId, parseAttemptId } from '../contract/id.ts';
import type { Repository } from '../contract/repository.ts';
import type { Item, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import { KEY, readPausedSystem, SORT_PREFIX, SYSTEM_PARTITION } from '../topology/table-keys.ts';
import { readNumber, readText } from './document.ts';

// Slots: a single item lists all attempts with a slot. The scheduler counts every cap from a single read, so no counter drifts.

/** Attempt with a slot; `since` is the time of the slot's reservation, epoch milliseconds. */
export type SlotHolder = {
  readonly attempt: AttemptKey;
  readonly repo: string;
  readonly since: number;
};
/** All occupied slots, with the version of their item. */
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

/** Adds holders over exactly the version read before; returns false if another write was first. */
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

/** Frees the slots of attempts whose pods are gone. The call is idempotent and needs no condition. */
export async function removeSlotHolders(table: Table, ids: readonly AttemptId[]): Promise<void> {
  if (ids.length === 0) return;
  await table.update(KEY.slots(), { add: { v: 1 }, removeIn: { holders: ids } }, ITEM_IS_PRESENT);
}

// Pauses: an item for each outside system with temporary refusals. Work for the system waits until `until` and costs no retry.

/** Pause of an outside system: of the model, or of a forge for the repositories of an owner. `until` in epoch milliseconds. */
export type Pause = { readonly system: string; readonly until: number; readonly reason: string };

export const MODEL_SYSTEM = 'model';
/** Longest pause, milliseconds. A system that requests a longer pause is called again after this time; the cost is a single call. */
export const MAX_PAUSE_MS = 15 * 60_000;

/** Formats the name of a forge for pauses. All repositories of an owner share a credential and its rate limit. */
export function formatForgeSystem(forge: Repository['forge'], repo: string): string {
  return `forge ${forge}:${repo.split('/')[0]}`;
}

/** Bounds the requested end of a pause: at least a second, at most `MAX_PAUSE_MS` after `now`. Epoch milliseconds. */
export function boundPauseEnd(requestedEnd: number, now: number): number {
  return Math.max(now + 1_000, Math.min(requestedEnd, now + MAX_PAUSE_MS));
}

/** Records a pause, unless a stored pause of the system ends later. */
export async function recordPause(table: Table, pause: Pause): Promise<void> {
  const key = KEY.pause(pause.system);
  const set = {
    until: pause.until,
    reason: pause.reason.slice(0, 1_000),
    expiresAt: Math.ceil(pause.until / 1_000) + 3_600,
  };
  if (await table.put({ ...key, ...set }, ITEM_IS_ABSENT)) return;
  await table.update(key, { set }, [{ attribute: 'until', below: pause.until }]);
}

/** Loads the pauses with an end after `now`, epoch milliseconds. */
export async function loadPauses(table: Table, now: number): Promise<Pause[]> {
  const page = await table.query(SYSTEM_PARTITION, { prefix: SORT_PREFIX.pause });
  return page.items
    .map((item) => ({
      system: readPausedSystem(item),
      until: readNumber(item, 'until'),
      reason: readText(item, 'reason') ?? '',
    }))
    .filter((pause) => pause.until > now);
}

export async function loadPause(
  table: Table,
  system: string,
  now: number,
): Promise<Pause | undefined> {
  const item = await table.get(KEY.pause(system));
  if (item === undefined) return undefined;
  const until = readNumber(item, 'until');
  return until > now ? { system, until, reason: readText(item, 'reason') ?? '' } : undefined;
}

/** Removes all pauses, so every outside system is tried again at once. */
export async function clearPauses(table: Table): Promise<void> {
  const page = await table.query(SYSTEM_PARTITION, { prefix: SORT_PREFIX.pause });
  for (const item of page.items) await table.delete({ pk: item.pk, sk: item.sk });
}

/**
 * Claim of a probe of the model.
 * - `claimed`  the caller probes the model now
 * - `deferred` the last probe is recent; the caller requests another probe after the interval
 * - `covered`  another caller has already requested that later probe
 */
export type ProbeClaim = 'claimed' | 'deferred' | 'covered';

/**
 * Claims the next probe of the model, so that many refusals at the same time cause at most one probe now and one probe later.
 *
 * @param minIntervalMs minimum time between two probes, milliseconds
 */
export async function claimModelProbe(
  table: Table,
  now: number,
  minIntervalMs: number,
): Promise<ProbeClaim> {
  const key = KEY.modelProbe();
  if (await table.put({ ...key, at: now, deferredAfter: 0 }, ITEM_IS_ABSENT)) return 'claimed';
  const isOld = [{ attribute: 'at', below: now - minIntervalMs + 1 }];
  if ((await table.update(key, { set: { at: now } }, isOld)) !== undefined) return 'claimed';
  const item = await table.get(key);
  if (item === undefined) return 'covered';
  const lastAt = readNumber(item, 'at');
  const isFirst = [
    { attribute: 'at', equals: lastAt },
    { attribute: 'deferredAfter', below: lastAt },
  ];
  const deferred = await table.update(key, { set: { deferredAfter: lastAt } }, isFirst);
  return deferred === undefined ? 'covered' : 'deferred';
}
