import type { Item, Key, Table, Value } from '../../../core/port/table.ts';
import { parseDocument } from '../../../core/store/document.ts';
import { formatTransition } from '../coverage/coverage.ts';
import { recordRead, recordTransition } from '../coverage/handler-record.ts';
import type { FaultKind } from '../faults.ts';
import type { EffectBody, Invocation } from '../invocation.ts';
import { addInvocationFault, performEffect } from '../invocation.ts';
import type { WrittenState } from '../judge/notice-rules.ts';
import type { World } from '../world.ts';

/** Creates the table port of an invocation; records which tasks the invocation reads and which transitions it writes. */
export function createTablePort(world: World, invocation: Invocation): Table {
  const { table } = world;
  const performRead = <T>(
    operation: string,
    key: Key | undefined,
    body: EffectBody<T>,
  ): Promise<T> =>
    performEffect(
      world,
      invocation,
      { port: 'table', operation, task: key && findTaskOfKey(key) },
      body,
    );
  const write = <T extends Item | boolean | undefined>(
    operation: 'put' | 'update',
    key: Key,
    values: Values,
    body: () => Promise<T>,
  ): Promise<T> => {
    const written = findWrittenTransition(world, key, values);
    const effect = {
      port: 'table',
      operation,
      task: findTaskOfKey(key),
      transition: written?.isTask === true ? written.name : undefined,
    } as const;
    return performEffect(world, invocation, effect, async (fault) => {
      const answer = await body();
      // The table answers a failed condition with `undefined` or `false`.
      const isStored = answer !== undefined && answer !== false;
      if (written !== undefined && isStored) recordWrite(world, invocation, key, written, fault);
      return answer;
    });
  };
  const recordTaskRead = ({ pk, sk }: Key): void => {
    if (sk === 'STATE') recordRead(invocation.record, pk);
  };
  return {
    get: (key) =>
      performRead('get', key, () => {
        recordTaskRead(key);
        return table.get(key);
      }),
    put: (item, condition) => write('put', item, item, () => table.put(item, condition)),
    update: (key, change, condition) =>
      write('update', key, change.set ?? {}, () => {
        recordTaskRead(key);
        return table.update(key, change, condition);
      }),
    delete: (key, condition) => performRead('delete', key, () => table.delete(key, condition)),
    query: (pk, options) => performRead('query', undefined, () => table.query(pk, options)),
    queryIndex: (name, hash, options) =>
      performRead('index', undefined, async () => {
        world.onLateIndexRead = () => addInvocationFault(world, invocation, 'stale_index_read');
        const page = await table.queryIndex(name, hash, options);
        for (const item of page.items) recordTaskRead(item);
        return page;
      }),
  };
}

/** Attributes that a write sets. */
type Values = { readonly [name: string]: Value | undefined };
/** Transition in a write; `name`: `<status> x <event>`. */
type WrittenTransition = {
  readonly name: string;
  readonly state: WrittenState;
  /** True for a transition of a task, false for a transition of a plan. */
  readonly isTask: boolean;
};

/** Returns the partition key of a task item; undefined for other items. */
function findTaskOfKey({ pk }: Key): string | undefined {
  return pk.startsWith('TASK#') ? pk : undefined;
}

/** Returns the transition that a write of a task or plan contains; undefined for other writes. */
function findWrittenTransition(
  world: World,
  key: Key,
  { doc, v }: Values,
): WrittenTransition | undefined {
  const isTask = key.sk === 'STATE' && findTaskOfKey(key) !== undefined;
  const isPlan = key.sk === 'HEAD' && key.pk.startsWith('PLAN#');
  if ((!isTask && !isPlan) || typeof doc !== 'string') return undefined;
  const state = parseDocument<WrittenState | { readonly last?: undefined }>(doc);
  if (state.last === undefined) {
    world.judge.recordViolation(
      world,
      `the item ${key.pk} is written without the transition that led to its status`,
    );
    return undefined;
  }
  // A write without a transition still contains the previous transition, which has an older version.
  if (state.last.version !== v) return undefined;
  const name = formatTransition(state.last.from, state.last.event);
  return { name, state, isTask };
}

function recordWrite(
  world: World,
  { record, handlerName, id }: Invocation,
  key: Key,
  { name, state, isTask }: WrittenTransition,
  fault: FaultKind | undefined,
): void {
  world.judge.notices.recordTransition(world, key.pk, state);
  if (isTask) recordTransition(world.coverage, record, { task: key.pk, transition: name }, fault);
  else world.coverage.countPlanTransition(name);
  if (world.history !== undefined)
    world.recordHistory(`${key.pk}: ${name} -> ${state.last.to} (${handlerName}#${id})`);
}
