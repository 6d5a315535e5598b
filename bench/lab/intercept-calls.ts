import type { PodLauncher } from '../../core/port/launcher.ts';
import type { Queue } from '../../core/port/queue.ts';
import type { Table } from '../../core/port/table.ts';

/** Ports whose calls a lab intercepts. */
export type PortName = 'table' | 'queue' | 'launcher' | 'forge';

/** Runs a call of a port and returns its answer; `subject` names the item, message or pod of the call. */
export type InterceptCall = <T>(
  port: PortName,
  operation: string,
  subject: string,
  call: () => Promise<T>,
) => Promise<T>;

/** Passes every call of a table through `intercept`. */
export function interceptTableCalls(table: Table, intercept: InterceptCall): Table {
  const describeKey = (key: { readonly pk: string; readonly sk: string }): string =>
    `${key.pk} ${key.sk}`;
  return {
    get: (key) => intercept('table', 'get', describeKey(key), () => table.get(key)),
    put: (item, condition) =>
      intercept('table', 'put', describeKey(item), () => table.put(item, condition)),
    update: (key, change, condition) =>
      intercept('table', 'update', describeKey(key), () => table.update(key, change, condition)),
    delete: (key, condition) =>
      intercept('table', 'delete', describeKey(key), () => table.delete(key, condition)),
    query: (pk, options) =>
      intercept('table', 'query', `${pk} ${options?.prefix ?? ''}`, () => table.query(pk, options)),
    queryIndex: (name, hash, options) =>
      intercept('table', 'index', `${name} ${hash}`, () => table.queryIndex(name, hash, options)),
  };
}

/** Passes every call of a queue through `intercept`. */
export function interceptQueueCalls(queue: Queue, intercept: InterceptCall): Queue {
  return {
    send: (messages) => {
      const types = messages.map(({ message }) => message.type).join(', ');
      return intercept('queue', 'send', types, () => queue.send(messages));
    },
  };
}

/** Passes every call of a launcher through `intercept`. */
export function interceptLauncherCalls(
  launcher: PodLauncher,
  intercept: InterceptCall,
): PodLauncher {
  return {
    ensure: (spec) => intercept('launcher', 'ensure', spec.attemptId, () => launcher.ensure(spec)),
    list: () => intercept('launcher', 'list', '', () => launcher.list()),
    remove: (name, uid) => intercept('launcher', 'remove', name, () => launcher.remove(name, uid)),
  };
}
