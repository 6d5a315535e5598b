import { createDynamoTable } from '../../adapters/dynamo/create-dynamo-table.ts';
import type { Table } from '../../core/port/table.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { findLocalStore } from './local-store.ts';

export const getTable = once((): Table => {
  const localStore = findLocalStore();
  if (localStore !== undefined) return localStore.table;
  const { table } = readConfig(['table']);
  return createDynamoTable({
    tableName: table.name,
    region: table.region,
    endpoint: table.endpoint,
  });
});
