import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { z } from 'zod';

/** Values by column name, or by the name of an SQL parameter. */
export type Values = Readonly<Record<string, SQLInputValue>>;

/** Access to the database. Each SQL statement is prepared once, and reads validate each row with a schema. */
export type Database = {
  /** Returns the first row of a query; undefined: the query has no row. */
  find<T>(schema: z.ZodType<T>, sql: string, values?: Values): T | undefined;
  list<T>(schema: z.ZodType<T>, sql: string, values?: Values): T[];
  /** Runs a statement. Returns the id of the inserted row; the result has no meaning for other statements. */
  run(sql: string, values?: Values): number;
  /** Inserts a row and returns its id. */
  insert(table: string, values: Values): number;
  /** Sets the given columns of the row with this `id`. */
  update(table: string, id: number, values: Values): void;
  /** Runs synchronous work in a transaction; rolls back if `work` throws. */
  transaction<T>(work: () => T): T;
};

export function createDatabase(sqlite: DatabaseSync): Database {
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  function prepare(sql: string) {
    const statement = statements.get(sql) ?? sqlite.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }
  function run(sql: string, values: Values = {}): number {
    return Number(prepare(sql).run({ ...values }).lastInsertRowid);
  }
  return {
    find(schema, sql, values = {}) {
      const row = prepare(sql).get({ ...values });
      return row === undefined ? undefined : schema.parse(row);
    },
    list(schema, sql, values = {}) {
      return prepare(sql)
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
      const assignments = Object.keys(values).map((name) => `${name} = :${name}`);
      if (assignments.length === 0) return;
      run(`update ${table} set ${assignments.join(', ')} where id = :id`, { ...values, id });
    },
    transaction(work) {
      sqlite.exec('begin immediate');
      try {
        const result = work();
        sqlite.exec('commit');
        return result;
      } catch (error) {
        sqlite.exec('rollback');
        throw error;
      }
    },
  };
}
