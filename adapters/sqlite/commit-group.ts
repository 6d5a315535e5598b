import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../core/base/app-error.ts';
import { toStoreError } from './to-store-error.ts';

/** Runs statements so that all writes of one turn of the event loop share a transaction, and thus one flush to the disk. */
export type CommitGroup = {
  /**
   * Runs `change` at once and resolves after the commit. An AppError of `change` rejects only this call; `change` must throw it
   * before its first writing statement. Another error rejects all calls of the transaction.
   */
  write<T>(change: () => T): Promise<T>;
  /** Runs `select` at once. Resolves after the open transaction, if any, because `select` may have read its changes. */
  read<T>(select: () => T): Promise<T>;
  /** Waits until no transaction is open. */
  settle(): Promise<void>;
};

/** Calls that wait for the commit of the open transaction. */
type OpenGroup = { readonly committed: Promise<void>; fail(error: AppError): void };

export function createCommitGroup(database: DatabaseSync): CommitGroup {
  const begin = database.prepare('begin immediate');
  const commit = database.prepare('commit');
  let open: OpenGroup | undefined;

  function beginGroup(): OpenGroup {
    begin.run();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Every caller awaits the promise; a group without a caller must not end the process.
    promise.catch(() => undefined);
    const group: OpenGroup = {
      committed: promise,
      fail(error) {
        open = undefined;
        if (database.isOpen && database.isTransaction) database.exec('rollback');
        reject(error);
      },
    };
    // The check phase follows all callbacks of this turn.
    setImmediate(() => {
      if (open !== group) return;
      try {
        commit.run();
        open = undefined;
        resolve();
      } catch (error) {
        group.fail(toStoreError(error));
      }
    });
    return group;
  }

  return {
    async write(change) {
      let value: ReturnType<typeof change>;
      try {
        open ??= beginGroup();
        value = change();
      } catch (error) {
        if (error instanceof AppError) throw error;
        const storeError = toStoreError(error);
        open?.fail(storeError);
        throw storeError;
      }
      await open.committed;
      return value;
    },
    async read(select) {
      try {
        const value = select();
        if (open !== undefined) await open.committed;
        return value;
      } catch (error) {
        throw toStoreError(error);
      }
    },
    async settle() {
      while (open !== undefined) await open.committed.catch(() => undefined);
    },
  };
}
