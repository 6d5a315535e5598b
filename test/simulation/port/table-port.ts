import type { Change, Key, Table } from '../../../core/port/table.ts';
import { transitionName } from '../coverage/coverage.ts';
import { effect, type Invocation, meetFault, noteTransition } from '../invocation.ts';
import type { World } from '../world.ts';

const LAST = /"last":\{"version":(\d+),"at":\d+,"from":"(\w+)","to":"(\w+)","event":"(\w+)"/;

export function tablePort(world: World, invocation: Invocation): Table {
  const { table } = world;
  const on = <T>(what: string, act: () => Promise<T>): Promise<T> =>
    effect(world, invocation, { port: 'table', what }, act);
  return {
    get: (key) => on('get', () => table.get(key)),
    put: (item, condition) => on('put', () => table.put(item, condition)),
    update: (key, change, condition) => {
      const written = writtenBy(key, change);
      const writes = written?.isTask === true ? written.name : undefined;
      return effect(world, invocation, { port: 'table', what: 'update', writes }, () => {
        const answer = table.update(key, change, condition);
        if (written === undefined) return answer;
        return answer.then((item) => {
          if (item !== undefined) note(world, invocation, key, written);
          return item;
        });
      });
    },
    delete: (key, condition) => on('delete', () => table.delete(key, condition)),
    query: (pk, options) => on('query', () => table.query(pk, options)),
    index: (name, hash, options) =>
      on('index', () => {
        world.onLateIndex = () => meetFault(world, invocation, 'index_late');
        return table.index(name, hash, options);
      }),
  };
}

type Written = { name: string; to: string; isTask: boolean };

/** The transition that a write of a task's state or a plan's head carries. */
function writtenBy(key: Key, change: Change): Written | undefined {
  if (key.sk !== 'STATE' && key.sk !== 'HEAD') return undefined;
  const doc = change.set?.doc;
  if (typeof doc !== 'string') return undefined;
  const match = LAST.exec(doc);
  if (match === null) return undefined;
  const [, version, from = '', to = '', event = ''] = match;
  // A write that people need not read about leaves the transition before it as the last one.
  if (Number(version) !== change.set?.v) return undefined;
  return { name: transitionName(from, event), to, isTask: key.pk.startsWith('TASK') };
}

function note(world: World, invocation: Invocation, key: Key, { name, to, isTask }: Written): void {
  if (isTask) noteTransition(world, invocation, name);
  if (world.history !== undefined)
    world.tell(`${key.pk}: ${name} -> ${to} (${invocation.what}#${invocation.id})`);
}
