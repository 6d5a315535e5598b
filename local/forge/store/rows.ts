import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { z } from 'zod';

/** Values by column name or named parameter. */
export type Values = Readonly<Record<string, SQLInputValue>>;

/** Access to the database through statements that are prepared once. Reads parse each row with a schema. */
export type Rows = {
  find<T>(schema: z.ZodType<T>, sql: string, values?: Values): T | undefined;
  list<T>(schema: z.ZodType<T>, sql: string, values?: Values): T[];
  /** Returns the id of the last inserted row. */
  run(sql: string, values?: Values): number;
  /** Returns the id of the inserted row. */
  insert(table: string, values: Values): number;
  /** Sets the given columns of the row with this `id`. */
  update(table: string, id: number, values: Values): void;
  /** Runs synchronous work in a transaction; an exception rolls back. */
  transaction<T>(work: () => T): T;
};

export function createRows(database: DatabaseSync): Rows {
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  function statement(sql: string) {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  }
  function run(sql: string, values: Values = {}): number {
    return Number(statement(sql).run({ ...values }).lastInsertRowid);
  }
  return {
    find(schema, sql, values = {}) {
      const row = statement(sql).get({ ...values });
      return row === undefined ? undefined : schema.parse(row);
    },
    list(schema, sql, values = {}) {
      return statement(sql)
        .all({ ...values })
        .map((row) => schema.parse(row));
    },
    run,
    insert(table, values) {
      const names = Object.keys(values);
      const parameters = names.map((name) => `:${name}`);
      return run(
        `insert into ${table} (${names.join(', ')}) values (${parameters.join(', ')})`,
        values,
      );
    },
    update(table, id, values) {
      const sets = Object.keys(values).map((name) => `${name} = :${name}`);
      if (sets.length === 0) return;
      run(`update ${table} set ${sets.join(', ')} where id = :id`, { ...values, id });
    },
    transaction(work) {
      database.exec('begin immediate');
      try {
        const result = work();
        database.exec('commit');
        return result;
      } catch (error) {
        database.exec('rollback');
        throw error;
      }
    },
  };
}
