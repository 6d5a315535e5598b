import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import type { Forge } from '../../../core/port/forge.ts';
import type { Change, Item, Table } from '../../../core/port/table.ts';
import type { TaskEvent } from '../../../core/task-state/task-event.ts';
import type { TaskState } from '../../../core/task-state/task-state.ts';
import type { Interference, World } from '../world.ts';

// How a rule of the engine is broken from outside: by what its ports tell it, or by what it is set to.

type WrapDeps = Interference['deps'];

export type Mutant = Interference & {
  /** What the simulation says of it. */
  readonly expectedViolation: RegExp;
  /** What goes wrong besides, in the world rather than in the engine: by itself it breaks nothing. */
  readonly companionBreach?: WrapDeps;
  /** The first seed that is tried: from there it does not take long. */
  readonly firstSeed?: number;
};

export function wrapTable(change: (table: Table, world: World) => Partial<Table>): WrapDeps {
  return (deps, world) => ({ ...deps, table: { ...deps.table, ...change(deps.table, world) } });
}

export function wrapForge(change: (forge: Forge, world: World) => Partial<Forge>): WrapDeps {
  return (deps: EngineDeps, world) => {
    const forge = { ...deps.forges.github, ...change(deps.forges.github, world) };
    return { ...deps, forges: { github: forge, local: forge } };
  };
}

export function removeDue<T extends object>(attributes: T): T {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => name !== 'dueAt' && name !== 'dueShard'),
  ) as T;
}

/** Conditions on the version that was read are dropped where `applies`. */
export function dropConditions(applies: (pk: string, sk: string) => boolean): WrapDeps {
  return wrapTable((table) => ({
    update: (key, change: Change, condition) =>
      table.update(key, change, applies(key.pk, key.sk) ? [] : condition),
  }));
}

type ItemFilter = (pk: string, sk: string) => boolean;
type RewriteDocument = (doc: string) => string;

export const isPlanHead: ItemFilter = (pk, sk) => pk.startsWith('PLAN#') && sk === 'HEAD';
export const isTaskState: ItemFilter = (pk, sk) => pk.startsWith('TASK#') && sk === 'STATE';
export const isLane: ItemFilter = (pk) => pk.startsWith('LANE#');

/** What is read is not what was written. */
export function corruptReads(where: ItemFilter, rewrite: RewriteDocument): WrapDeps {
  const read = (item: Item): Item =>
    typeof item.doc === 'string' && where(item.pk, item.sk)
      ? { ...item, doc: rewrite(item.doc) }
      : item;
  return wrapTable((table) => ({
    get: async (key) => {
      const item = await table.get(key);
      return item && read(item);
    },
    update: async (key, change, condition) => {
      const item = await table.update(key, change, condition);
      return item && read(item);
    },
    index: async (name, hash, options) => {
      const page = await table.index(name, hash, options);
      return { ...page, items: page.items.map(read) };
    },
  }));
}

/** What is written is not what was meant. */
export function corruptWrites(where: ItemFilter, rewrite: RewriteDocument): WrapDeps {
  return wrapTable((table) => ({
    update: (key, change, condition) => {
      const doc = change.set?.doc;
      if (typeof doc !== 'string' || !where(key.pk, key.sk))
        return table.update(key, change, condition);
      const set = { ...change.set, doc: rewrite(doc) };
      return table.update(key, { ...change, set }, condition);
    },
    put: (item, condition) =>
      typeof item.doc === 'string' && where(item.pk, item.sk)
        ? table.put({ ...item, doc: rewrite(item.doc) }, condition)
        : table.put(item, condition),
  }));
}

/** Of a task another state is written than the engine meant. */
export function corruptTaskState(change: (state: TaskState) => TaskState): WrapDeps {
  return corruptWrites(isTaskState, (doc) => JSON.stringify(change(JSON.parse(doc) as TaskState)));
}

/** What an attempt's end through no fault of its agent must not cost. */
export function spendRetryOnEvent(event: TaskEvent['type']): WrapDeps {
  return corruptTaskState((state) =>
    state.last.event === event
      ? { ...state, retryCounts: { ...state.retryCounts, agent: state.retryCounts.agent + 1 } }
      : state,
  );
}

/** A head that a person moved is taken for verified. */
export function treatMovedHeadAsVerified(where: (state: TaskState) => boolean): WrapDeps {
  return corruptTaskState((state) => {
    const { accepted, verifyRoot, last } = state;
    if (last.event !== 'head_moved' || accepted === undefined || !where(state)) return state;
    const proof = { commit: accepted.commit, root: verifyRoot ?? '', green: true, empty: false };
    return { ...state, nextAttemptKind: 'work', evidence: proof };
  });
}

/** What an interference remembers of each seed's world. */
export function createPerWorld<T>(create: () => T): (world: World) => T {
  const kept = new WeakMap<World, T>();
  return (world) => {
    const known = kept.get(world) ?? create();
    kept.set(world, known);
    return known;
  };
}

export function changeSettings(
  change: (deps: EngineDeps) => Partial<EngineDeps['settings']>,
): WrapDeps {
  return (deps) => ({ ...deps, settings: { ...deps.settings, ...change(deps) } });
}

/** One breach on top of another. */
export function combineBreaches(first: WrapDeps, second: WrapDeps): WrapDeps {
  return (deps, world) => {
    const changed = first?.(deps, world) ?? deps;
    return second?.(changed, world) ?? changed;
  };
}
