import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { z } from 'zod';

/** Column names as the database spells them, in the order of the statement's named parameters. */
export type Values = Readonly<Record<string, SQLInputValue>>;

/** Prepared statements, each made once. */
export type Rows = {
  one<T>(schema: z.ZodType<T>, sql: string, values?: Values): T | undefined;
  all<T>(schema: z.ZodType<T>, sql: string, values?: Values): T[];
  /** The id of the last inserted row. */
  run(sql: string, values?: Values): number;
  insert(table: string, values: Values): number;
  /** Sets the given columns of the row with this `id`. */
  change(table: string, id: number, values: Values): void;
  /** All or nothing; `work` is synchronous. */
  together<T>(work: () => T): T;
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
    one(schema, sql, values = {}) {
      const row = statement(sql).get({ ...values });
      return row === undefined ? undefined : schema.parse(row);
    },
    all(schema, sql, values = {}) {
      return statement(sql)
        .all({ ...values })
        .map((row) => schema.parse(row));
    },
    run,
    insert(table, values) {
      const names = Object.keys(values);
      const marks = names.map((name) => `:${name}`);
      return run(`insert into ${table} (${names.join(', ')}) values (${marks.join(', ')})`, values);
    },
    change(table, id, values) {
      const sets = Object.keys(values).map((name) => `${name} = :${name}`);
      if (sets.length === 0) return;
      run(`update ${table} set ${sets.join(', ')} where id = :id`, { ...values, id });
    },
    together(work) {
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
