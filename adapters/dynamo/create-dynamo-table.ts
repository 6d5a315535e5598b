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
import { encodeCursor } from '../table/cursor.ts';
import { requireItemFits, toStoredItem } from '../table/stored-value.ts';
import {
  buildConditionExpression,
  buildUpdateExpression,
  createPlaceholders,
} from './expression.ts';
import type { QueryPlan } from './query-plan.ts';
import { planIndexQuery, planPartitionQuery } from './query-plan.ts';
import { toStoreError } from './to-store-error.ts';

/** Operation of the table, for `onCall`. */
export type TableOperation = 'get' | 'put' | 'update' | 'delete' | 'query' | 'index';

/** Access to DynamoDB, and the name of the table. */
export type DynamoTableOptions = AwsAccess & {
  readonly tableName: string;
  /**
   * For measurements: called after each successful call with the consumed capacity units, and after an unmet condition without
   * units.
   */
  readonly onCall?: (operation: TableOperation, units?: number) => void;
};

/**
 * Creates a Table in DynamoDB. The SDK repeats a call without a response. The repeated call finds the condition unmet if the first
 * call wrote the item, so a conditional write can succeed and still report an unmet condition. A caller that must know the
 * difference reads the item.
 */
export function createDynamoTable(options: DynamoTableOptions): Table {
  const clientOptions = createClientOptions(options, { maxAttempts: 4, requestTimeoutMs: 3_000 });
  const session: TableSession = {
    client: DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    onCall: options.onCall,
    commonInput: {
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
  readonly commonInput: { readonly TableName: string; readonly ReturnConsumedCapacity?: 'TOTAL' };
};

async function getItem(session: TableSession, key: Key): Promise<Item | undefined> {
  const input = { ...session.commonInput, Key: toKey(key), ConsistentRead: true };
  const output = await sendAndReport(session, 'get', () =>
    session.client.send(new GetCommand(input)),
  );
  return output?.Item === undefined ? undefined : toItem(output.Item);
}

async function putItem(session: TableSession, item: Item, condition?: Condition): Promise<boolean> {
  const storedItem = toStoredItem(item);
  requireItemFits(storedItem);
  const placeholders = createPlaceholders();
  const ConditionExpression = buildConditionExpression(condition, placeholders);
  const input = {
    ...session.commonInput,
    Item: storedItem,
    ConditionExpression,
    ...placeholders.listFields(),
  };
  const output = await sendAndReport(session, 'put', () =>
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
    ...session.commonInput,
    Key: toKey(key),
    UpdateExpression: buildUpdateExpression(change, placeholders),
    ConditionExpression: buildConditionExpression(condition, placeholders),
    ReturnValues: 'ALL_NEW' as const,
    ...placeholders.listFields(),
  };
  const output = await sendAndReport(session, 'update', () =>
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
    ...session.commonInput,
    Key: toKey(key),
    ConditionExpression,
    ...placeholders.listFields(),
  };
  const output = await sendAndReport(session, 'delete', () =>
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
  const output = await sendAndReport(session, operation, () =>
    session.client.send(new QueryCommand({ ...session.commonInput, ...plan })),
  );
  const items = (output?.Items ?? []).map(toItem);
  const lastKey = output?.LastEvaluatedKey;
  return lastKey === undefined ? { items } : { items, next: encodeCursor(lastKey) };
}

type MeasuredOutput = { readonly ConsumedCapacity?: { readonly CapacityUnits?: number } };

/** Sends a call and reports its capacity units to `onCall`; returns undefined if the condition of the call was not met. */
async function sendAndReport<T extends MeasuredOutput>(
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
