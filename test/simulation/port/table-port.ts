import type { Change, Key, Table } from '../../../core/port/table.ts';
import { effect, type Invocation } from '../invocation.ts';
import type { World } from '../world.ts';

const LAST = /"last":\{"version":(\d+),"at":\d+,"from":"(\w+)","to":"(\w+)","event":"(\w+)"/;

export function tablePort(world: World, invocation: Invocation): Table {
  const { table } = world;
  const on = <T>(what: string, act: () => Promise<T>): Promise<T> =>
    effect(world, invocation, 'table', what, act);
  return {
    get: (key) => on('get', () => table.get(key)),
    put: (item, condition) => on('put', () => table.put(item, condition)),
    update: (key, change, condition) =>
      on('update', () => {
        const answer = table.update(key, change, condition);
        void answer.then(
          (item) => item !== undefined && noteTransition(world, invocation, key, change),
          () => {},
        );
        return answer;
      }),
    delete: (key, condition) => on('delete', () => table.delete(key, condition)),
    query: (pk, options) => on('query', () => table.query(pk, options)),
    index: (name, hash, options) => on('index', () => table.index(name, hash, options)),
  };
}

function noteTransition(world: World, invocation: Invocation, key: Key, change: Change): void {
  if (key.sk !== 'STATE' && key.sk !== 'HEAD') return;
  const doc = change.set?.doc;
  if (typeof doc !== 'string') return;
  const match = LAST.exec(doc);
  if (match === null) return;
  const [, version, from = '', to = '', event = ''] = match;
  // A write that people need not read about leaves the transition before it as the last one.
  if (Number(version) !== change.set?.v) return;
  const what = key.pk.slice(0, 4);
  if (what === 'TASK') world.coverage.transition(from, event, invocation.faults);
  if (world.history !== undefined)
    world.tell(`${key.pk}: ${from} -> ${to} by ${event} (${invocation.what}#${invocation.id})`);
}
