import type { Notice } from '../contract/notice.ts';
import type { Forecast } from '../contract/plan.ts';
import type { Edge, TaskSpec } from '../contract/task.ts';
import type { PlanState } from '../plan-state/plan-state.ts';
import { isReleasable } from '../plan-state/plan-state.ts';
import type { Item, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import { ACTIVE_PLANS, ALL_PLANS, KEY, PLANS_AWAITING_PERSON } from '../topology/table-keys.ts';
import {
  buildDueAttributes,
  buildDueChange,
  buildPendingNoticesChange,
  decodeDocument,
  encodeDocument,
  loadLongText,
  parseDocument,
  putLongText,
  readDueAt,
  readNumber,
  readPendingNotices,
} from './document.ts';

/** A plan with the attributes of its item. */
export type StoredPlan = {
  readonly state: PlanState;
  readonly version: number;
  readonly dueAt?: number;
  /** Tokens of all ended attempts. A crash can lose the usage of an attempt. */
  readonly usedTokens: number;
  /** Cost of all ended attempts, USD. */
  readonly usedUsd: number;
  /** Notices to enqueue; the plan stays due until all are enqueued. */
  readonly pendingNotices: Notice[];
};

export function readPlan(item: Item): StoredPlan {
  return {
    state: decodeDocument<PlanState>(item),
    version: readNumber(item, 'v'),
    dueAt: readDueAt(item),
    usedTokens: readNumber(item, 'usedTokens'),
    usedUsd: readNumber(item, 'usedUsd'),
    pendingNotices: readPendingNotices(item),
  };
}

export async function loadPlan(table: Table, plan: string): Promise<StoredPlan | undefined> {
  const item = await table.get(KEY.plan(plan));
  return item === undefined ? undefined : readPlan(item);
}

/** Maximum length of the forecast in the item of a plan, characters of JSON. */
const MAX_FORECAST_CHARS = 2_000;

/**
 * Removes the lists from the forecast of a large plan, because every transition writes the whole item of the plan. The revision
 * keeps the complete forecast.
 */
function trimForecast(forecast: Forecast): Forecast {
  if (encodeDocument(forecast).length <= MAX_FORECAST_CHARS) return forecast;
  const withoutOverlaps = { ...forecast, overlaps: [] };
  if (encodeDocument(withoutOverlaps).length <= MAX_FORECAST_CHARS) return withoutOverlaps;
  return { ...withoutOverlaps, waves: [], criticalPath: [] };
}

/**
 * Selects the hash key in the `ready` index: the scheduler reads active plans; polls of the forge also read complete plans, halted
 * plans and plans that wait for the check of a base commit.
 */
function selectReadyHash(state: PlanState): string | undefined {
  if (state.status === 'active')
    return state.haltNotified === true || !isReleasable(state)
      ? PLANS_AWAITING_PERSON
      : ACTIVE_PLANS;
  const hasOpenPull =
    state.status === 'complete' && state.pulls.some((pull) => pull.state === 'open');
  return hasOpenPull ? PLANS_AWAITING_PERSON : undefined;
}

function buildPlanAttributes(
  state: PlanState,
  version: number,
  { now, dueAt }: { readonly now: number; readonly dueAt: number | undefined },
): Record<string, string | number | undefined> {
  const readyKey = selectReadyHash(state);
  return {
    v: version,
    doc: encodeDocument({ ...state, forecast: state.forecast && trimForecast(state.forecast) }),
    status: state.status,
    // Lists of plans omit base checks.
    changeKey: state.purpose === 'base' ? undefined : ALL_PLANS,
    changedAt: now,
    readyKey,
    rank: readyKey === undefined ? undefined : (state.startedAt ?? state.createdAt),
    ...buildDueAttributes(dueAt, state.id),
  };
}

/** Puts a new plan; returns false and changes nothing if the plan exists. */
export async function putNewPlan(table: Table, state: PlanState, dueAt: number): Promise<boolean> {
  return table.put(
    { ...KEY.plan(state.id), ...buildPlanAttributes(state, 1, { now: state.createdAt, dueAt }) },
    ITEM_IS_ABSENT,
  );
}

/** Parameters of a write. Times are epoch milliseconds; `notices` replaces the pending notices. */
export type PlanWrite = {
  readonly now: number;
  readonly dueAt: number | undefined;
  readonly notices: readonly Notice[];
};

/**
 * Writes the next state over exactly the version read before; returns undefined if another write was first. The previous
 * transition becomes a history item before the write, so no transition is lost.
 */
export async function savePlan(
  table: Table,
  before: StoredPlan,
  next: PlanState,
  write: PlanWrite,
): Promise<StoredPlan | undefined> {
  const last = before.state.last;
  if (last.version === before.version)
    await table.put(
      { ...KEY.planHistory(next.id, last.version), doc: encodeDocument(last) },
      ITEM_IS_ABSENT,
    );
  const attributes = buildPlanAttributes(next, before.version + 1, write);
  const notices = buildPendingNoticesChange(write.notices);
  const set: Record<string, string | number> = { ...notices.set };
  const remove: string[] = [...notices.remove];
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) remove.push(name);
    else set[name] = value;
  }
  const item = await table.update(KEY.plan(next.id), { set, remove }, [
    { attribute: 'v', equals: before.version },
  ]);
  return item === undefined ? undefined : readPlan(item);
}

/** Removes the pending notices after all are enqueued; returns undefined if another write was first. */
export async function clearPlanNotices(
  table: Table,
  { state, version }: StoredPlan,
  dueAt: number | undefined,
): Promise<StoredPlan | undefined> {
  const due = buildDueChange(dueAt, state.id);
  const item = await table.update(
    KEY.plan(state.id),
    { set: due.set, remove: [...due.remove, 'notices'] },
    [
      { attribute: 'v', equals: version },
      { attribute: 'notices', is: 'present' },
    ],
  );
  return item === undefined ? undefined : readPlan(item);
}

/** Sets only the due time; a plan with pending notices stays due. Returns false if another write was first. */
export async function setPlanDue(
  table: Table,
  plan: StoredPlan,
  dueAt: number | undefined,
): Promise<boolean> {
  if (plan.dueAt === dueAt || plan.pendingNotices.length > 0) return true;
  const change = buildDueChange(dueAt, plan.state.id);
  return (
    (await table.update(KEY.plan(plan.state.id), change, [
      { attribute: 'v', equals: plan.version },
    ])) !== undefined
  );
}

/** Adds usage to the totals of a plan without a new version; returns undefined if the plan does not exist. */
export async function addPlanUsage(
  table: Table,
  plan: string,
  tokens: number,
  usd: number,
): Promise<StoredPlan | undefined> {
  const item = await table.update(
    KEY.plan(plan),
    { add: { usedTokens: tokens, usedUsd: usd } },
    ITEM_IS_PRESENT,
  );
  return item === undefined ? undefined : readPlan(item);
}

/** Revision of a graph; never changes after the plan refers to the revision. */
export type Revision = {
  readonly revision: number;
  readonly by: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly note: string;
  readonly tasks: TaskSpec[];
  readonly edges: Edge[];
  readonly forecast: Forecast;
};

/**
 * Puts a revision under a unique tag, so concurrent writers do not overwrite each other. A revision takes effect with the
 * conditional write of the plan, which stores the tag.
 */
export async function putRevision(
  table: Table,
  plan: string,
  tag: string,
  revision: Revision,
): Promise<void> {
  await putLongText(table, KEY.revision(plan, revision.revision, tag), encodeDocument(revision));
}

export async function loadRevision(
  table: Table,
  plan: string,
  revision: number,
  tag: string,
): Promise<Revision | undefined> {
  const text = await loadLongText(table, KEY.revision(plan, revision, tag));
  return text === undefined ? undefined : parseDocument<Revision>(text);
}

export async function putExploration(
  table: Table,
  plan: string,
  repositoryIndex: number,
  exploration: unknown,
): Promise<void> {
  await table.put({ ...KEY.exploration(plan, repositoryIndex), doc: encodeDocument(exploration) });
}

export async function loadExploration<T>(
  table: Table,
  plan: string,
  repositoryIndex: number,
): Promise<T | undefined> {
  const item = await table.get(KEY.exploration(plan, repositoryIndex));
  return item === undefined ? undefined : decodeDocument<T>(item);
}
