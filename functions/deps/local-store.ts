import type { Queue } from '../../core/port/queue.ts';
import type { Table } from '../../core/port/table.ts';

/** Table and queues in this process, which the handlers use instead of DynamoDB and SQS. */
export type LocalStore = { readonly table: Table; readonly queue: Queue };

let localStore: LocalStore | undefined;

/** Makes the handlers of this process use a local store. The laptop platform calls this before it loads the handlers. */
export function provideLocalStore(store: LocalStore): void {
  localStore = store;
}

/** Returns the local store; undefined on AWS, and on a laptop with `STORE=dynamodb`. */
export function findLocalStore(): LocalStore | undefined {
  return localStore;
}
