import type { Item, Key, Table, Value } from '../../../core/port/table.ts';
import { parseDocument } from '../../../core/store/document.ts';
import { formatTransition } from '../coverage/coverage.ts';
import { recordRead, recordTransition } from '../coverage/handler-record.ts';
import type { FaultKind } from '../faults.ts';
import type { EffectAction, Invocation } from '../invocation.ts';
import { performEffect, recordInvocationFault } from '../invocation.ts';
import type { World } from '../world.ts';

export function createTablePort(world: World, invocation: Invocation): Table {
  const { table } = world;
  const on = <T>(what: string, key: Key | undefined, act: EffectAction<T>): Promise<T> =>
    performEffect(world, invocation, { port: 'table', what, task: key && findTaskOfKey(key) }, act);
  const write = <T extends Item | boolean | undefined>(
    what: 'put' | 'update',
    key: Key,
    values: Values,
    act: () => Promise<T>,
  ): Promise<T> => {
    const written = findWrittenTransition(world, key, values);
    const deed = {
      port: 'table',
      what,
      task: findTaskOfKey(key),
      writes: written?.writes,
    } as const;
    return performEffect(world, invocation, deed, async (fault) => {
      const done = await act();
      const isDone = done !== undefined && done !== false;
      if (written !== undefined && isDone) recordWrite(world, invocation, key, written, fault);
      return done;
    });
  };
  const read = ({ pk, sk }: Key): void => {
    if (sk === 'STATE') recordRead(invocation.record, pk);
  };
  return {
    get: (key) =>
      on('get', key, () => {
        read(key);
        return table.get(key);
      }),
    put: (item, condition) => write('put', item, item, () => table.put(item, condition)),
    update: (key, change, condition) =>
      write('update', key, change.set ?? {}, () => {
        read(key);
        return table.update(key, change, condition);
      }),
    delete: (key, condition) => on('delete', key, () => table.delete(key, condition)),
    query: (pk, options) => on('query', undefined, () => table.query(pk, options)),
    index: (name, hash, options) =>
      on('index', undefined, async () => {
        world.onLateIndexRead = () => recordInvocationFault(world, invocation, 'index_late');
        const page = await table.index(name, hash, options);
        for (const item of page.items) read(item);
        return page;
      }),
  };
}

type Values = { readonly [name: string]: Value | undefined };
type WrittenTransition = { readonly name: string; readonly to: string; readonly writes?: string };
type LastTransition = {
  readonly version: number;
  readonly from: string;
  readonly to: string;
  readonly event: string;
};

function findTaskOfKey({ pk }: Key): string | undefined {
  return pk.startsWith('TASK#') ? pk : undefined;
}

/** The transition that a write of a task's state or a plan's head carries. */
function findWrittenTransition(
  world: World,
  key: Key,
  { doc, v }: Values,
): WrittenTransition | undefined {
  const isTask = key.sk === 'STATE' && findTaskOfKey(key) !== undefined;
  const isPlan = key.sk === 'HEAD' && key.pk.startsWith('PLAN#');
  if ((!isTask && !isPlan) || typeof doc !== 'string') return undefined;
  const { last } = parseDocument<{ readonly last?: LastTransition }>(doc);
  if (last === undefined) {
    world.judge.recordViolation(world, `${key.pk} is written without its last transition`);
    return undefined;
  }
  // A write that people need not read about leaves the transition before it as the last one.
  if (last.version !== v) return undefined;
  const name = formatTransition(last.from, last.event);
  return { name, to: last.to, writes: isTask ? name : undefined };
}

function recordWrite(
  world: World,
  { record, handlerName, id }: Invocation,
  key: Key,
  { name, to, writes }: WrittenTransition,
  fault: FaultKind | undefined,
): void {
  if (writes === undefined) world.coverage.countPlanTransition(name);
  else recordTransition(world.coverage, record, { task: key.pk, name }, fault);
  if (world.history !== undefined)
    world.recordHistory(`${key.pk}: ${name} -> ${to} (${handlerName}#${id})`);
}
