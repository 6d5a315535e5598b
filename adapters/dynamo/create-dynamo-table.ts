import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
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
import { encodeCursor } from './cursor.ts';
import {
  buildConditionExpression,
  buildUpdateExpression,
  createPlaceholders,
} from './expression.ts';
import type { QueryPlan } from './query-plan.ts';
import { planIndexQuery, planPartitionQuery } from './query-plan.ts';
import { requireItemFits, toStoredItem } from './stored-value.ts';
import { toStoreError } from './to-store-error.ts';

export type TableOperation = 'get' | 'put' | 'update' | 'delete' | 'query' | 'index';

export type DynamoTableOptions = {
  readonly tableName: string;
  readonly region: string;
  /** Without it: AWS's own. */
  readonly endpoint?: string;
  /** Without them: the environment's, as the SDK finds them. */
  readonly credentials?: DynamoDBClientConfig['credentials'];
  /** Called after every call that was answered, with the capacity units that it used; costs a little, for measuring. */
  readonly onCall?: (operation: TableOperation, units?: number) => void;
};

/**
 * The store. A call that got no answer is repeated by the SDK, so a conditional write that was applied can be reported as
 * "the condition did not hold": whoever needs to know reads the item.
 */
export function createDynamoTable(options: DynamoTableOptions): Table {
  const session: TableSession = {
    client: DynamoDBDocumentClient.from(createClient(options), {
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
    index: async (name, hash, query) =>
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
  const answer = await sendCounted(session, 'get', () =>
    session.client.send(new GetCommand(input)),
  );
  return answer?.Item === undefined ? undefined : toItem(answer.Item);
}

async function putItem(session: TableSession, item: Item, condition?: Condition): Promise<boolean> {
  const stored = toStoredItem(item);
  requireItemFits(stored);
  const use = createPlaceholders();
  const ConditionExpression = buildConditionExpression(condition, use);
  const input = { ...session.shared, Item: stored, ConditionExpression, ...use.listFields() };
  const answer = await sendCounted(session, 'put', () =>
    session.client.send(new PutCommand(input)),
  );
  return answer !== undefined;
}

async function updateItem(
  session: TableSession,
  key: Key,
  change: Change,
  condition?: Condition,
): Promise<Item | undefined> {
  const use = createPlaceholders();
  const input = {
    ...session.shared,
    Key: toKey(key),
    UpdateExpression: buildUpdateExpression(change, use),
    ConditionExpression: buildConditionExpression(condition, use),
    ReturnValues: 'ALL_NEW' as const,
    ...use.listFields(),
  };
  const answer = await sendCounted(session, 'update', () =>
    session.client.send(new UpdateCommand(input)),
  );
  return answer === undefined ? undefined : toItem(answer.Attributes ?? toKey(key));
}

async function deleteItem(
  session: TableSession,
  key: Key,
  condition?: Condition,
): Promise<boolean> {
  const use = createPlaceholders();
  const ConditionExpression = buildConditionExpression(condition, use);
  const input = { ...session.shared, Key: toKey(key), ConditionExpression, ...use.listFields() };
  const answer = await sendCounted(session, 'delete', () =>
    session.client.send(new DeleteCommand(input)),
  );
  return answer !== undefined;
}

async function queryPage(
  session: TableSession,
  operation: 'query' | 'index',
  plan: QueryPlan | undefined,
): Promise<Page> {
  if (plan === undefined) return { items: [] };
  const answer = await sendCounted(session, operation, () =>
    session.client.send(new QueryCommand({ ...session.shared, ...plan })),
  );
  const items = (answer?.Items ?? []).map(toItem);
  const end = answer?.LastEvaluatedKey;
  return end === undefined ? { items } : { items, next: encodeCursor(end) };
}

function createClient(options: DynamoTableOptions): DynamoDBClient {
  return new DynamoDBClient({
    region: options.region,
    endpoint: options.endpoint,
    credentials: options.credentials,
    maxAttempts: 4,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
    },
  });
}

type CountedAnswer = { readonly ConsumedCapacity?: { readonly CapacityUnits?: number } };

/** Undefined: the condition did not hold. */
async function sendCounted<T extends CountedAnswer>(
  session: TableSession,
  operation: TableOperation,
  send: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const answer = await send();
    session.onCall?.(operation, answer.ConsumedCapacity?.CapacityUnits);
    return answer;
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
  throw new AppError('bug', 'bad_item', 'the store answered an item without its key');
}
