import type { Item, Key, Table, Value } from '../../../core/port/table.ts';
import { decodeText } from '../../../core/store/document.ts';
import { transitionName } from '../coverage/coverage.ts';
import { noteRead, noteTransition } from '../coverage/handler-record.ts';
import type { FaultKind } from '../faults.ts';
import { type Act, effect, type Invocation, meetFault } from '../invocation.ts';
import type { World } from '../world.ts';

export function tablePort(world: World, invocation: Invocation): Table {
  const { table } = world;
  const on = <T>(what: string, key: Key | undefined, act: Act<T>): Promise<T> =>
    effect(world, invocation, { port: 'table', what, task: key && taskOf(key) }, act);
  const write = <T extends Item | boolean | undefined>(
    what: 'put' | 'update',
    key: Key,
    values: Values,
    act: () => Promise<T>,
  ): Promise<T> => {
    const written = writtenBy(world, key, values);
    const deed = { port: 'table', what, task: taskOf(key), writes: written?.writes } as const;
    return effect(world, invocation, deed, async (fault) => {
      const done = await act();
      const isDone = done !== undefined && done !== false;
      if (written !== undefined && isDone) note(world, invocation, key, written, fault);
      return done;
    });
  };
  const read = ({ pk, sk }: Key): void => {
    if (sk === 'STATE') noteRead(invocation.record, pk);
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
        world.onLateIndex = () => meetFault(world, invocation, 'index_late');
        const page = await table.index(name, hash, options);
        for (const item of page.items) read(item);
        return page;
      }),
  };
}

type Values = { readonly [name: string]: Value | undefined };
type Written = { name: string; to: string; writes?: string };
type Last = { version: number; from: string; to: string; event: string };

function taskOf({ pk }: Key): string | undefined {
  return pk.startsWith('TASK#') ? pk : undefined;
}

/** The transition that a write of a task's state or a plan's head carries. */
function writtenBy(world: World, key: Key, { doc, v }: Values): Written | undefined {
  const isTask = key.sk === 'STATE' && taskOf(key) !== undefined;
  const isPlan = key.sk === 'HEAD' && key.pk.startsWith('PLAN#');
  if ((!isTask && !isPlan) || typeof doc !== 'string') return undefined;
  const { last } = decodeText<{ last?: Last }>(doc);
  if (last === undefined) {
    world.judge.fail(world, `${key.pk} is written without its last transition`);
    return undefined;
  }
  // A write that people need not read about leaves the transition before it as the last one.
  if (last.version !== v) return undefined;
  const name = transitionName(last.from, last.event);
  return { name, to: last.to, writes: isTask ? name : undefined };
}

function note(
  world: World,
  { record, what, id }: Invocation,
  key: Key,
  { name, to, writes }: Written,
  fault: FaultKind | undefined,
): void {
  if (writes === undefined) world.coverage.planTransition(name);
  else noteTransition(world.coverage, record, { task: key.pk, name }, fault);
  if (world.history !== undefined) world.tell(`${key.pk}: ${name} -> ${to} (${what}#${id})`);
}
