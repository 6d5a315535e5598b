import type {
  AttributeDefinition,
  GlobalSecondaryIndex,
  Projection,
} from '@aws-sdk/client-dynamodb';
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { IndexDefinition } from '../../core/topology/table.ts';
import { TABLE } from '../../core/topology/table.ts';
import type { Credential } from '../credential.ts';

/** How long and how often to check whether the table exists; seconds. */
const WAIT_SETTINGS = { maxWaitTime: 30, minDelay: 0.01, maxDelay: 0.1 };

/** Creates the table of core/topology; leaves an existing table unchanged. */
export async function createTable(options: {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credential;
  readonly tableName: string;
}): Promise<void> {
  const { endpoint, region, credentials } = options;
  const client = new DynamoDBClient({ endpoint, region, credentials });
  const TableName = options.tableName;
  try {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: listAttributes(),
        KeySchema: createKeySchema(TABLE.pk, TABLE.sk),
        GlobalSecondaryIndexes: TABLE.indexes.map(
          (index): GlobalSecondaryIndex => ({
            IndexName: index.name,
            KeySchema: createKeySchema(index.hash, index.range),
            Projection: createProjection(index),
          }),
        ),
      }),
    );
    // The emulator answers before the table exists, so an immediate write would fail.
    await waitUntilTableExists({ client, ...WAIT_SETTINGS }, { TableName });
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  } finally {
    client.destroy();
  }
}

function createProjection({ projects }: IndexDefinition): Projection {
  if (projects === 'all') return { ProjectionType: 'ALL' };
  return { ProjectionType: 'INCLUDE', NonKeyAttributes: [...projects] };
}

function listAttributes(): AttributeDefinition[] {
  const stringNames = [TABLE.pk, TABLE.sk, ...TABLE.indexes.map((index) => index.hash)];
  const numberNames = TABLE.indexes.map((index) => index.range);
  return [
    ...stringNames.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
    ...numberNames.map((AttributeName) => ({ AttributeName, AttributeType: 'N' as const })),
  ];
}

function createKeySchema(hash: string, range: string) {
  return [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
}
