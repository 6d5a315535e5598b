import type { PodLauncher } from '../../core/port/launcher.ts';
import type { Queue } from '../../core/port/queue.ts';
import type { Table } from '../../core/port/table.ts';

export type PortName = 'table' | 'queue' | 'launcher' | 'forge';

/** Runs a call of a port; `about` says of what it is. */
export type InterceptCall = <T>(
  port: PortName,
  what: string,
  about: string,
  act: () => Promise<T>,
) => Promise<T>;

export function interceptTableCalls(table: Table, around: InterceptCall): Table {
  const at = (key: { readonly pk: string; readonly sk: string }): string => `${key.pk} ${key.sk}`;
  return {
    get: (key) => around('table', 'get', at(key), () => table.get(key)),
    put: (item, condition) => around('table', 'put', at(item), () => table.put(item, condition)),
    update: (key, change, condition) =>
      around('table', 'update', at(key), () => table.update(key, change, condition)),
    delete: (key, condition) =>
      around('table', 'delete', at(key), () => table.delete(key, condition)),
    query: (pk, options) =>
      around('table', 'query', `${pk} ${options?.prefix ?? ''}`, () => table.query(pk, options)),
    index: (name, hash, options) =>
      around('table', 'index', `${name} ${hash}`, () => table.index(name, hash, options)),
  };
}

export function interceptQueueCalls(queue: Queue, around: InterceptCall): Queue {
  return {
    send: (messages) => {
      const types = messages.map(({ message }) => message.type).join(', ');
      return around('queue', 'send', types, () => queue.send(messages));
    },
  };
}

export function interceptLauncherCalls(launcher: PodLauncher, around: InterceptCall): PodLauncher {
  return {
    ensure: (spec) => around('launcher', 'ensure', spec.attemptId, () => launcher.ensure(spec)),
    list: () => around('launcher', 'list', '', () => launcher.list()),
    remove: (name, uid) => around('launcher', 'remove', name, () => launcher.remove(name, uid)),
  };
}
