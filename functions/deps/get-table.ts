import { createDynamoTable } from '../../adapters/dynamo/create-dynamo-table.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';

export const getTable = once(() => {
  const { table } = readConfig(['table']);
  return createDynamoTable({
    tableName: table.name,
    region: table.region,
    endpoint: table.endpoint,
  });
});
