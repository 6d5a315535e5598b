import type { Item, Key, Table, Value } from '../../../core/port/table.ts';
import { parseDocument } from '../../../core/store/document.ts';
import { formatTransition } from '../coverage/coverage.ts';
import { recordRead, recordTransition } from '../coverage/handler-record.ts';
import type { FaultKind } from '../faults.ts';
import type { EffectBody, Invocation } from '../invocation.ts';
import { performEffect, recordInvocationFault } from '../invocation.ts';
import type { WrittenState } from '../judge/notice-rules.ts';
import type { World } from '../world.ts';

/** Creates the engine's port to the table; records the reads and transitions of the invocation. */
export function createTablePort(world: World, invocation: Invocation): Table {
  const { table } = world;
  const perform = <T>(operation: string, key: Key | undefined, body: EffectBody<T>): Promise<T> =>
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
      writes: written?.writes,
    } as const;
    return performEffect(world, invocation, effect, async (fault) => {
      const answer = await body();
      const wasWritten = answer !== undefined && answer !== false;
      if (written !== undefined && wasWritten) recordWrite(world, invocation, key, written, fault);
      return answer;
    });
  };
  const recordTaskRead = ({ pk, sk }: Key): void => {
    if (sk === 'STATE') recordRead(invocation.record, pk);
  };
  return {
    get: (key) =>
      perform('get', key, () => {
        recordTaskRead(key);
        return table.get(key);
      }),
    put: (item, condition) => write('put', item, item, () => table.put(item, condition)),
    update: (key, change, condition) =>
      write('update', key, change.set ?? {}, () => {
        recordTaskRead(key);
        return table.update(key, change, condition);
      }),
    delete: (key, condition) => perform('delete', key, () => table.delete(key, condition)),
    query: (pk, options) => perform('query', undefined, () => table.query(pk, options)),
    queryIndex: (name, hash, options) =>
      perform('index', undefined, async () => {
        world.onLateIndexRead = () => recordInvocationFault(world, invocation, 'index_late');
        const page = await table.queryIndex(name, hash, options);
        for (const item of page.items) recordTaskRead(item);
        return page;
      }),
  };
}

type Values = { readonly [name: string]: Value | undefined };
type WrittenTransition = {
  readonly name: string;
  readonly state: WrittenState;
  readonly writes?: string;
};

function findTaskOfKey({ pk }: Key): string | undefined {
  return pk.startsWith('TASK#') ? pk : undefined;
}

/** Returns the transition within a write of a task's state or a plan's head. */
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
    world.judge.recordViolation(world, `${key.pk} is written without its last transition`);
    return undefined;
  }
  // Writes without a transition keep the previous transition as the last one.
  if (state.last.version !== v) return undefined;
  const name = formatTransition(state.last.from, state.last.event);
  return { name, state, writes: isTask ? name : undefined };
}

function recordWrite(
  world: World,
  { record, handlerName, id }: Invocation,
  key: Key,
  { name, state, writes }: WrittenTransition,
  fault: FaultKind | undefined,
): void {
  world.judge.notices.recordTransition(world, key.pk, state);
  if (writes === undefined) world.coverage.countPlanTransition(name);
  else recordTransition(world.coverage, record, { task: key.pk, name }, fault);
  if (world.history !== undefined)
    world.recordHistory(`${key.pk}: ${name} -> ${state.last.to} (${handlerName}#${id})`);
}
