import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { AppError } from '../../core/base/app-error.ts';
import type { Change, Condition, Item, Key, Page, Table } from '../../core/port/table.ts';
import type { AwsAccess } from '../aws/create-client-options.ts';
import { createClientOptions } from '../aws/create-client-options.ts';
import {
  buildConditionExpression,
  buildUpdateExpression,
  createPlaceholders,
} from './expression.ts';
import type { QueryPlan } from './query-plan.ts';
import { encodeCursor, planIndexQuery, planPartitionQuery } from './query-plan.ts';
import { requireItemFits, toStoredItem } from './stored-value.ts';
import { toStoreError } from './to-store-error.ts';

/** Operation of the table, for `onCall`. */
export type TableOperation = 'get' | 'put' | 'update' | 'delete' | 'query' | 'index';

/** Options of createDynamoTable. */
export type DynamoTableOptions = AwsAccess & {
  readonly tableName: string;
  /** For measurements: called for every call that got a response, with the consumed capacity units. */
  readonly onCall?: (operation: TableOperation, units?: number) => void;
};

/**
 * Creates a Table in DynamoDB. The SDK repeats a call that got no response, so a conditional write may be applied and still be
 * reported as failed. A caller for which the difference matters reads the item.
 */
export function createDynamoTable(options: DynamoTableOptions): Table {
  const clientOptions = createClientOptions(options, { maxAttempts: 4, requestTimeoutMs: 3_000 });
  const session: TableSession = {
    client: DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    onCall: options.onCall,
    shared: {
      TableName: options.tableName,
      ...(options.onCall === undefined ? {} : { ReturnConsumedCapacity: 'TOTAL' }),
    },
  };
  return {
    get: (key) => getItem(session, key),
    put: (item, condition) => putItem(session, item, condition),
    update: (key, change, condition) => updateItem(session, key, change, condition),
    delete: (key, condition) => deleteItem(session, key, condition),
    query: async (pk, query) => queryPage(session, 'query', planPartitionQuery(pk, query)),
    queryIndex: async (name, hash, query) =>
      queryPage(session, 'index', planIndexQuery(name, hash, query)),
  };
}

type TableSession = {
  readonly client: DynamoDBDocumentClient;
  readonly onCall: DynamoTableOptions['onCall'];
  readonly shared: { readonly TableName: string; readonly ReturnConsumedCapacity?: 'TOTAL' };
};

async function getItem(session: TableSession, key: Key): Promise<Item | undefined> {
  const input = { ...session.shared, Key: toKey(key), ConsistentRead: true };
  const output = await sendCounted(session, 'get', () =>
    session.client.send(new GetCommand(input)),
  );
  return output?.Item === undefined ? undefined : toItem(output.Item);
}

async function putItem(session: TableSession, item: Item, condition?: Condition): Promise<boolean> {
  const stored = toStoredItem(item);
  requireItemFits(stored);
  const placeholders = createPlaceholders();
  const ConditionExpression = buildConditionExpression(condition, placeholders);
  const input = {
    ...session.shared,
    Item: stored,
    ConditionExpression,
    ...placeholders.listFields(),
  };
  const output = await sendCounted(session, 'put', () =>
    session.client.send(new PutCommand(input)),
  );
  return output !== undefined;
}

async function updateItem(
  session: TableSession,
  key: Key,
  change: Change,
  condition?: Condition,
): Promise<Item | undefined> {
  const placeholders = createPlaceholders();
  const input = {
    ...session.shared,
    Key: toKey(key),
    UpdateExpression: buildUpdateExpression(change, placeholders),
    ConditionExpression: buildConditionExpression(condition, placeholders),
    ReturnValues: 'ALL_NEW' as const,
    ...placeholders.listFields(),
  };
  const output = await sendCounted(session, 'update', () =>
    session.client.send(new UpdateCommand(input)),
  );
  return output === undefined ? undefined : toItem(output.Attributes ?? toKey(key));
}

async function deleteItem(
  session: TableSession,
  key: Key,
  condition?: Condition,
): Promise<boolean> {
  const placeholders = createPlaceholders();
  const ConditionExpression = buildConditionExpression(condition, placeholders);
  const input = {
    ...session.shared,
    Key: toKey(key),
    ConditionExpression,
    ...placeholders.listFields(),
  };
  const output = await sendCounted(session, 'delete', () =>
    session.client.send(new DeleteCommand(input)),
  );
  return output !== undefined;
}

async function queryPage(
  session: TableSession,
  operation: 'query' | 'index',
  plan: QueryPlan | undefined,
): Promise<Page> {
  if (plan === undefined) return { items: [] };
  const output = await sendCounted(session, operation, () =>
    session.client.send(new QueryCommand({ ...session.shared, ...plan })),
  );
  const items = (output?.Items ?? []).map(toItem);
  const end = output?.LastEvaluatedKey;
  return end === undefined ? { items } : { items, next: encodeCursor(end) };
}

type CountedOutput = { readonly ConsumedCapacity?: { readonly CapacityUnits?: number } };

/** Sends a call and reports its capacity units; returns undefined if the condition did not hold. */
async function sendCounted<T extends CountedOutput>(
  session: TableSession,
  operation: TableOperation,
  send: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const output = await send();
    session.onCall?.(operation, output.ConsumedCapacity?.CapacityUnits);
    return output;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw toStoreError(error);
    session.onCall?.(operation);
    return undefined;
  }
}

function toKey(key: Key): { readonly pk: string; readonly sk: string } {
  return { pk: key.pk, sk: key.sk };
}

function toItem(raw: Record<string, unknown>): Item {
  const { pk, sk } = raw;
  if (typeof pk === 'string' && typeof sk === 'string') return { ...raw, pk, sk };
  throw new AppError('bug', 'bad_item', 'DynamoDB returned an item without its key');
}
