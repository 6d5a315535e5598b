import type { Notice } from '../contract/notice.ts';
import type { Forecast } from '../contract/plan.ts';
import type { Edge, TaskSpec } from '../contract/task.ts';
import type { PlanState } from '../plan-state/plan-state.ts';
import type { Item, Table } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import { ACTIVE_PLANS, ALL_PLANS, KEY, OPEN_PLANS } from '../topology/table-keys.ts';
import {
  buildDueAttributes,
  buildDueChange,
  decodeDocument,
  encodeDocument,
  loadLongText,
  parseDocument,
  putLongText,
  readDueAt,
  readNumber,
} from './document.ts';
import { buildPendingNoticesChange, readPendingNotices } from './notice-store.ts';

/** A plan with the attributes of its item. */
export type StoredPlan = {
  readonly state: PlanState;
  readonly version: number;
  readonly dueAt?: number;
  /** Counted beside the head as attempts end; for budgets, where the last one may be missing after a crash. */
  readonly usedTokens: number;
  readonly usedUsd: number;
  /** Notices that are not known to be enqueued. The plan stays due until they are. */
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

const MAX_FORECAST_LISTS_BYTES = 2_000;

/** The head is read and written with every task: of a large plan it has the figures, and the revision has the lists. */
function trimForecast(forecast: Forecast): Forecast {
  if (encodeDocument(forecast).length <= MAX_FORECAST_LISTS_BYTES) return forecast;
  const withoutPairs = { ...forecast, overlaps: [] };
  if (encodeDocument(withoutPairs).length <= MAX_FORECAST_LISTS_BYTES) return withoutPairs;
  return { ...withoutPairs, waves: [], criticalPath: [] };
}

/** Selects the hash of the `ready` index: the scheduler skips a halted plan, but polls still see what people do at the forge. */
function selectReadyHash(state: PlanState): string | undefined {
  if (state.status === 'active') return state.haltNotified === true ? OPEN_PLANS : ACTIVE_PLANS;
  const isOpen = state.status === 'complete' && state.pulls.some((pull) => pull.state === 'open');
  return isOpen ? OPEN_PLANS : undefined;
}

function buildPlanAttributes(
  state: PlanState,
  version: number,
  at: { readonly now: number; readonly dueAt: number | undefined },
): Record<string, string | number | undefined> {
  const readyKey = selectReadyHash(state);
  return {
    v: version,
    doc: encodeDocument({ ...state, forecast: state.forecast && trimForecast(state.forecast) }),
    status: state.status,
    changeKey: ALL_PLANS,
    changedAt: at.now,
    readyKey,
    rank: readyKey === undefined ? undefined : (state.startedAt ?? state.createdAt),
    ...buildDueAttributes(at.dueAt, state.id),
  };
}

/** False: a plan of that id exists. */
export async function putNewPlan(table: Table, state: PlanState, dueAt: number): Promise<boolean> {
  return table.put(
    { ...KEY.plan(state.id), ...buildPlanAttributes(state, 1, { now: state.createdAt, dueAt }) },
    ITEM_IS_ABSENT,
  );
}

/** A write of the next state; times are epoch milliseconds. `notices`: all that are not known to be enqueued. */
export type PlanWrite = {
  readonly now: number;
  readonly dueAt: number | undefined;
  readonly notices: readonly Notice[];
};

/** As saveTask: over exactly the version that was read, after the transition before it is kept. */
export async function savePlan(
  table: Table,
  before: StoredPlan,
  next: PlanState,
  at: PlanWrite,
): Promise<StoredPlan | undefined> {
  const last = before.state.last;
  if (last.version === before.version)
    await table.put(
      { ...KEY.planHistory(next.id, last.version), doc: encodeDocument(last) },
      ITEM_IS_ABSENT,
    );
  const attributes = buildPlanAttributes(next, before.version + 1, at);
  const notices = buildPendingNoticesChange(at.notices);
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

/** Records that the pending notices of this version are enqueued. Undefined: another write was first. */
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

/** Writes only when this version is due. A plan with pending notices stays due. False: another write was first. */
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

/** Adds to the totals beside the state, without its version. Returns the plan with the new totals. */
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

/** Revision of a graph: immutable once the head names it. */
export type Revision = {
  readonly revision: number;
  readonly by: string;
  readonly at: number;
  readonly note: string;
  readonly tasks: TaskSpec[];
  readonly edges: Edge[];
  readonly forecast: Forecast;
};

/**
 * Puts a revision under a tag of its writer: two who race write apart, and the head's conditional write, which names the
 * tag, makes one of them real.
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
  index: number,
  exploration: unknown,
): Promise<void> {
  await table.put({ ...KEY.exploration(plan, index), doc: encodeDocument(exploration) });
}

export async function loadExploration<T>(
  table: Table,
  plan: string,
  index: number,
): Promise<T | undefined> {
  const item = await table.get(KEY.exploration(plan, index));
  return item === undefined ? undefined : decodeDocument<T>(item);
}
