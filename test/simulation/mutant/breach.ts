import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import type { Forge } from '../../../core/port/forge.ts';
import type { Change, Item, Table } from '../../../core/port/table.ts';
import type { TaskEvent } from '../../../core/task-state/task-event.ts';
import type { TaskState } from '../../../core/task-state/task-state.ts';
import type { Interference, World } from '../world.ts';

// Helpers that break a rule of the engine from outside: they change the ports, the stored items or the settings of the engine.

type ChangeDeps = Interference['changeDeps'];
type ItemFilter = (pk: string, sk: string) => boolean;
/** Changes the JSON text that an item stores in its attribute `doc`. */
type RewriteDocument = (doc: string) => string;

/** Engine with one broken rule; the simulation must detect the breach. */
export type Mutant = Interference & {
  /** Matches the violation that the judge must record. */
  readonly expectedViolation: RegExp;
  /** Additional fault, which a correct engine tolerates, so that the broken rule matters more often. */
  readonly companionFault?: ChangeDeps;
  /** Seed at which the search for a violation starts, chosen to keep the search short. Default: 0. */
  readonly firstSeed?: number;
};

/** Creates a change that replaces some methods of the table: `replace` returns the new methods. */
export function wrapTable(replace: (table: Table, world: World) => Partial<Table>): ChangeDeps {
  return (deps, world) => ({ ...deps, table: { ...deps.table, ...replace(deps.table, world) } });
}

/** Creates a change that replaces some methods of the forge: `replace` returns the new methods. */
export function wrapForge(replace: (forge: Forge, world: World) => Partial<Forge>): ChangeDeps {
  return (deps: EngineDeps, world) => {
    const forge = { ...deps.forges.github, ...replace(deps.forges.github, world) };
    return { ...deps, forges: { github: forge, local: forge } };
  };
}

/** Returns the attributes without those that mark an item as due. */
export function omitDueAttributes<T extends object>(attributes: T): T {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => name !== 'dueAt' && name !== 'dueShard'),
  ) as T;
}

/** Makes updates of matching items unconditional, so that a write race overwrites the other write. */
export function dropConditions(matches: ItemFilter): ChangeDeps {
  return wrapTable((table) => ({
    update: (key, change: Change, condition) =>
      table.update(key, change, matches(key.pk, key.sk) ? [] : condition),
  }));
}

export const isPlanHead: ItemFilter = (pk, sk) => pk.startsWith('PLAN#') && sk === 'HEAD';
export const isTaskState: ItemFilter = (pk, sk) => pk.startsWith('TASK#') && sk === 'STATE';
/** Selects the items of merge queues, whose stored keys begin with LANE#. */
export const isMergeQueue: ItemFilter = (pk) => pk.startsWith('LANE#');

/** Rewrites the documents of matching items whenever the engine reads them; the stored items stay correct. */
export function corruptReads(matches: ItemFilter, rewrite: RewriteDocument): ChangeDeps {
  const rewriteItem = (item: Item): Item =>
    typeof item.doc === 'string' && matches(item.pk, item.sk)
      ? { ...item, doc: rewrite(item.doc) }
      : item;
  return wrapTable((table) => ({
    get: async (key) => {
      const item = await table.get(key);
      return item && rewriteItem(item);
    },
    update: async (key, change, condition) => {
      const item = await table.update(key, change, condition);
      return item && rewriteItem(item);
    },
    queryIndex: async (name, hash, options) => {
      const page = await table.queryIndex(name, hash, options);
      return { ...page, items: page.items.map(rewriteItem) };
    },
  }));
}

/** Rewrites the documents of matching items in each write of the engine. */
export function corruptWrites(matches: ItemFilter, rewrite: RewriteDocument): ChangeDeps {
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

/** Changes the state of every task in each write of the engine. */
export function corruptTaskState(change: (state: TaskState) => TaskState): ChangeDeps {
  return corruptWrites(isTaskState, (doc) => JSON.stringify(change(JSON.parse(doc) as TaskState)));
}

/** Counts an event as a failure of the agent, so that the event wrongly consumes a retry. */
export function consumeRetryOnEvent(event: TaskEvent['type']): ChangeDeps {
  return corruptTaskState((state) =>
    state.last.event === event
      ? { ...state, retryCounts: { ...state.retryCounts, agent: state.retryCounts.agent + 1 } }
      : state,
  );
}

/** Gives matching tasks false evidence for a head that a person pushed. */
export function treatMovedHeadAsVerified(matches: (state: TaskState) => boolean): ChangeDeps {
  return corruptTaskState((state) => {
    const { accepted, verifyRoot, last } = state;
    if (last.event !== 'head_moved' || accepted === undefined || !matches(state)) return state;
    const evidence = { commit: accepted.commit, root: verifyRoot ?? '', green: true, empty: false };
    return { ...state, nextAttemptKind: 'work', evidence };
  });
}

/** Returns a function that creates a value for each world once; for changes that need a memory within a seed. */
export function createPerWorld<T>(create: () => T): (world: World) => T {
  const valueByWorld = new WeakMap<World, T>();
  return (world) => {
    const value = valueByWorld.get(world) ?? create();
    valueByWorld.set(world, value);
    return value;
  };
}

/** Creates a change that replaces some settings of the engine: `replace` returns the new settings. */
export function changeSettings(
  replace: (deps: EngineDeps) => Partial<EngineDeps['settings']>,
): ChangeDeps {
  return (deps) => ({ ...deps, settings: { ...deps.settings, ...replace(deps) } });
}

/** Applies the second change on top of the first. */
export function combineChanges(first: ChangeDeps, second: ChangeDeps): ChangeDeps {
  return (deps, world) => {
    const changed = first?.(deps, world) ?? deps;
    return second?.(changed, world) ?? changed;
  };
}
