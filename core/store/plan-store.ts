import type { Forecast } from '../contract/plan.ts';
import type { Edge, TaskSpec } from '../contract/task.ts';
import type { PlanState } from '../lifecycle/plan-state.ts';
import type { Change, Item, Table } from '../port/table.ts';
import { decode, decodeText, encode, numberOf } from './document.ts';
import { ACTIVE_PLANS, ALL_PLANS, dueShard, KEY, OPEN_PLANS } from './key.ts';
import { loadLongText, putLongText } from './long-text.ts';

export type StoredPlan = {
  state: PlanState;
  version: number;
  dueAt?: number;
  /** Counted beside the head as attempts end; for budgets, where the last one may be missing after a crash. */
  usedTokens: number;
  usedUsd: number;
};

const ABSENT = [{ attribute: 'pk', is: 'absent' }] as const;

export function readPlan(item: Item): StoredPlan {
  const dueAt = numberOf(item, 'dueAt', -1);
  return {
    state: decode<PlanState>(item),
    version: numberOf(item, 'v'),
    dueAt: dueAt < 0 ? undefined : dueAt,
    usedTokens: numberOf(item, 'usedTokens'),
    usedUsd: numberOf(item, 'usedUsd'),
  };
}

export async function loadPlan(table: Table, plan: string): Promise<StoredPlan | undefined> {
  const item = await table.get(KEY.head(plan));
  return item === undefined ? undefined : readPlan(item);
}

const MAX_HEAD_LISTS_BYTES = 2_000;

/** The head is read and written with every task: of a large plan it has the figures, and the revision has the lists. */
function headForecast(forecast: Forecast): Forecast {
  if (encode(forecast).length <= MAX_HEAD_LISTS_BYTES) return forecast;
  const withoutPairs = { ...forecast, overlaps: [] };
  if (encode(withoutPairs).length <= MAX_HEAD_LISTS_BYTES) return withoutPairs;
  return { ...withoutPairs, waves: [], criticalPath: [] };
}

/** Of a halted plan nothing is scheduled, but what people do at the forge is seen. */
function listOf(state: PlanState): string | undefined {
  if (state.status === 'active') return state.haltedTold === true ? OPEN_PLANS : ACTIVE_PLANS;
  const isOpen = state.status === 'complete' && state.pulls.some((pull) => pull.state === 'open');
  return isOpen ? OPEN_PLANS : undefined;
}

function attributesOf(
  state: PlanState,
  version: number,
  at: { now: number; dueAt: number | undefined },
): Record<string, string | number | undefined> {
  const readyKey = listOf(state);
  return {
    v: version,
    doc: encode({ ...state, forecast: state.forecast && headForecast(state.forecast) }),
    status: state.status,
    changeKey: ALL_PLANS,
    changedAt: at.now,
    readyKey,
    rank: readyKey === undefined ? undefined : (state.startedAt ?? state.createdAt),
    dueAt: at.dueAt,
    dueShard: at.dueAt === undefined ? undefined : dueShard(state.id),
  };
}

/** False: a plan of that id exists. */
export async function putNewPlan(table: Table, state: PlanState, dueAt: number): Promise<boolean> {
  return table.put(
    { ...KEY.head(state.id), ...attributesOf(state, 1, { now: state.createdAt, dueAt }) },
    ABSENT,
  );
}

/** As saveTask: over exactly the version that was read, after the transition before it is kept. */
export async function savePlan(
  table: Table,
  before: StoredPlan,
  next: PlanState,
  at: { now: number; dueAt: number | undefined },
): Promise<StoredPlan | undefined> {
  const last = before.state.last;
  if (last.version === before.version)
    await table.put({ ...KEY.planHistory(next.id, last.version), doc: encode(last) }, ABSENT);
  const attributes = attributesOf(next, before.version + 1, at);
  const set: Record<string, string | number> = {};
  const remove: string[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) remove.push(name);
    else set[name] = value;
  }
  const item = await table.update(KEY.head(next.id), { set, remove }, [
    { attribute: 'v', equals: before.version },
  ]);
  return item === undefined ? undefined : readPlan(item);
}

export async function settlePlan(
  table: Table,
  plan: StoredPlan,
  dueAt: number | undefined,
): Promise<boolean> {
  if (plan.dueAt === dueAt) return true;
  const change: Change =
    dueAt === undefined
      ? { remove: ['dueAt', 'dueShard'] }
      : { set: { dueAt, dueShard: dueShard(plan.state.id) } };
  return (
    (await table.update(KEY.head(plan.state.id), change, [
      { attribute: 'v', equals: plan.version },
    ])) !== undefined
  );
}

export async function countUsage(
  table: Table,
  plan: string,
  tokens: number,
  usd: number,
): Promise<void> {
  await table.update(KEY.head(plan), { add: { usedTokens: tokens, usedUsd: usd } }, [
    { attribute: 'pk', is: 'present' },
  ]);
}

/** One revision of a graph: immutable once the head names it. */
export type Revision = {
  revision: number;
  by: string;
  at: number;
  note: string;
  tasks: TaskSpec[];
  edges: Edge[];
  forecast: Forecast;
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
  await putLongText(table, KEY.revision(plan, revision.revision, tag), encode(revision));
}

export async function loadRevision(
  table: Table,
  plan: string,
  revision: number,
  tag: string,
): Promise<Revision | undefined> {
  const text = await loadLongText(table, KEY.revision(plan, revision, tag));
  return text === undefined ? undefined : decodeText<Revision>(text);
}

export async function putExploration(
  table: Table,
  plan: string,
  index: number,
  exploration: unknown,
): Promise<void> {
  await table.put({ ...KEY.exploration(plan, index), doc: encode(exploration) });
}

export async function loadExploration<T>(
  table: Table,
  plan: string,
  index: number,
): Promise<T | undefined> {
  const item = await table.get(KEY.exploration(plan, index));
  return item === undefined ? undefined : decode<T>(item);
}
