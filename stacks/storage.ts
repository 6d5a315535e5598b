import { RemovalPolicy } from 'aws-cdk-lib';
import type { App } from 'sst/constructs';
import { Stack, Table } from 'sst/constructs';
import { TABLE } from '../core/topology/table.ts';
import type { Settings } from './settings.ts';

/**
 * Declares the table in a separate stack. Unless KEEP_DATA is `no`, the table stays when the stack is removed. Backups reach back
 * 35 days.
 */
export function declareStorage(app: App, { keepData }: Settings): { readonly table: Table } {
  const stack = new Stack(app, 'storage');
  const table = new Table(stack, 'table', {
    fields: listFields(),
    primaryIndex: { partitionKey: TABLE.pk, sortKey: TABLE.sk },
    globalIndexes: Object.fromEntries(
      TABLE.indexes.map(({ name, hash, range, projects }) => [
        name,
        {
          partitionKey: hash,
          sortKey: range,
          projection: projects === 'all' ? projects : [...projects],
        },
      ]),
    ),
    timeToLiveAttribute: TABLE.ttl,
    cdk: {
      table: {
        deletionProtection: keepData,
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        // SST sets this deprecated option, and CDK rejects a table with both options.
        pointInTimeRecovery: undefined,
        removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      },
    },
  });
  stack.addOutputs({ TableName: table.tableName });
  return { table };
}

function listFields(): Record<string, 'string' | 'number'> {
  const fields: Record<string, 'string' | 'number'> = {
    [TABLE.pk]: 'string',
    [TABLE.sk]: 'string',
  };
  for (const { hash, range } of TABLE.indexes) {
    fields[hash] = 'string';
    fields[range] = 'number';
  }
  return fields;
}
