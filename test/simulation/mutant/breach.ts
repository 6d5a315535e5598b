import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import type { Forge } from '../../../core/port/forge.ts';
import type { Change, Item, Table } from '../../../core/port/table.ts';
import type { TaskEvent } from '../../../core/task-state/task-event.ts';
import type { TaskState } from '../../../core/task-state/task-state.ts';
import type { Interference, World } from '../world.ts';

// Helpers that break a rule of the engine from outside: by changed answers of its ports, or by changed settings.

type WrapDeps = Interference['deps'];

/** Breach of a rule, for the simulation to detect. */
export type Mutant = Interference & {
  /** Matches the expected violation. */
  readonly expectedViolation: RegExp;
  /** Further fault of the world, harmless without the breach. */
  readonly companionBreach?: WrapDeps;
  /** First seed of the search, chosen to keep the search short. Default: 0. */
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

/** Removes the attributes that make an item due. */
export function removeDue<T extends object>(attributes: T): T {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => name !== 'dueAt' && name !== 'dueShard'),
  ) as T;
}

/** Drops the conditions of updates of the matching items. */
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
export const isMergeQueue: ItemFilter = (pk) => pk.startsWith('LANE#');

/** Rewrites the documents of matching items in each read. */
export function corruptReads(matches: ItemFilter, rewrite: RewriteDocument): WrapDeps {
  const read = (item: Item): Item =>
    typeof item.doc === 'string' && matches(item.pk, item.sk)
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
    queryIndex: async (name, hash, options) => {
      const page = await table.queryIndex(name, hash, options);
      return { ...page, items: page.items.map(read) };
    },
  }));
}

/** Rewrites the documents of matching items in each write. */
export function corruptWrites(matches: ItemFilter, rewrite: RewriteDocument): WrapDeps {
  return wrapTable((table) => ({
    update: (key, change, condition) => {
      const doc = change.set?.doc;
      if (typeof doc !== 'string' || !matches(key.pk, key.sk))
        return table.update(key, change, condition);
      const set = { ...change.set, doc: rewrite(doc) };
      return table.update(key, { ...change, set }, condition);
    },
    put: (item, condition) =>
      typeof item.doc === 'string' && matches(item.pk, item.sk)
        ? table.put({ ...item, doc: rewrite(item.doc) }, condition)
        : table.put(item, condition),
  }));
}

/** Rewrites the state of tasks in each write. */
export function corruptTaskState(change: (state: TaskState) => TaskState): WrapDeps {
  return corruptWrites(isTaskState, (doc) => JSON.stringify(change(JSON.parse(doc) as TaskState)));
}

/** Counts the event as a failure of the agent, so that the event wrongly consumes a retry. */
export function spendRetryOnEvent(event: TaskEvent['type']): WrapDeps {
  return corruptTaskState((state) =>
    state.last.event === event
      ? { ...state, retryCounts: { ...state.retryCounts, agent: state.retryCounts.agent + 1 } }
      : state,
  );
}

/** Treats a head moved by a person as verified. */
export function treatMovedHeadAsVerified(matches: (state: TaskState) => boolean): WrapDeps {
  return corruptTaskState((state) => {
    const { accepted, verifyRoot, last } = state;
    if (last.event !== 'head_moved' || accepted === undefined || !matches(state)) return state;
    const evidence = { commit: accepted.commit, root: verifyRoot ?? '', green: true, empty: false };
    return { ...state, nextAttemptKind: 'work', evidence };
  });
}

/** Returns a function that keeps one value per world, for interferences with a memory. */
export function createPerWorld<T>(create: () => T): (world: World) => T {
  const valueByWorld = new WeakMap<World, T>();
  return (world) => {
    const value = valueByWorld.get(world) ?? create();
    valueByWorld.set(world, value);
    return value;
  };
}

export function changeSettings(
  change: (deps: EngineDeps) => Partial<EngineDeps['settings']>,
): WrapDeps {
  return (deps) => ({ ...deps, settings: { ...deps.settings, ...change(deps) } });
}

/** Applies the second breach on top of the first. */
export function combineBreaches(first: WrapDeps, second: WrapDeps): WrapDeps {
  return (deps, world) => {
    const changed = first?.(deps, world) ?? deps;
    return second?.(changed, world) ?? changed;
  };
}
