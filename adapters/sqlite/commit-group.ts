import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AppError } from '../../core/base/app-error.ts';
import { toStoreError } from './to-store-error.ts';

/** Transaction that is open until the end of the current turn of the event loop. */
type OpenTransaction = PromiseWithResolvers<void>;

/** Runs statements so that all writes of one turn of the event loop share a transaction, and thus one flush to the disk. */
export class CommitGroup {
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #open: OpenTransaction | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#begin = database.prepare('begin immediate');
    this.#commit = database.prepare('commit');
  }

  /**
   * Runs `change` at once and resolves after the commit. An AppError of `change` rejects only this call; `change` must throw it
   * before its first writing statement. Any other error rejects all calls of the transaction.
   */
  async write<T>(change: () => T): Promise<T> {
    let value: T;
    try {
      this.#open ??= this.#beginTransaction();
      value = change();
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw this.#rollBack(error);
    }
    await this.#open.promise;
    return value;
  }

  /** Runs `select` at once. Resolves after the open transaction, if any, because `select` may have read its changes. */
  async read<T>(select: () => T): Promise<T> {
    let value: T;
    try {
      value = select();
    } catch (error) {
      throw toStoreError(error);
    }
    if (this.#open !== undefined) await this.#open.promise;
    return value;
  }

  /** Waits until no transaction is open. */
  async settle(): Promise<void> {
    while (this.#open !== undefined) await this.#open.promise.catch(() => undefined);
  }

  #beginTransaction(): OpenTransaction {
    this.#begin.run();
    const transaction = Promise.withResolvers<void>();
    // Callers handle the error; a transaction in which every caller has failed has none.
    transaction.promise.catch(() => undefined);
    // The check phase follows all callbacks of this turn.
    setImmediate(() => this.#commitTransaction(transaction));
    return transaction;
  }

  #commitTransaction(transaction: OpenTransaction): void {
    if (this.#open !== transaction) return;
    try {
      this.#commit.run();
      this.#open = undefined;
      transaction.resolve();
    } catch (error) {
      this.#rollBack(error);
    }
  }

  /** Rolls the open transaction back, rejects its calls and returns the error for the caller. */
  #rollBack(cause: unknown): AppError {
    const error = toStoreError(cause);
    const transaction = this.#open;
    this.#open = undefined;
    if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('rollback');
    transaction?.reject(error);
    return error;
  }
}
