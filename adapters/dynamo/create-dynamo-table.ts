import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { AppError } from '../../core/error.ts';
import type { Item, Key, Table } from '../../core/port/table.ts';
import { encodeCursor } from './cursor.ts';
import { conditionExpression, createPlaceholders, updateExpression } from './expression.ts';
import { indexQuery, partitionQuery, type QueryPlan } from './query-plan.ts';
import { storeError } from './store-error.ts';
import { requireItemFits, storedItem } from './stored-value.ts';

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
  const client = DynamoDBDocumentClient.from(createClient(options), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const TableName = options.tableName;
  const capacity = options.onCall === undefined ? {} : { ReturnConsumedCapacity: 'TOTAL' as const };
  const call = <T extends Answer>(operation: TableOperation, send: () => Promise<T>) =>
    counted(operation, options.onCall, send);

  async function ask(operation: 'query' | 'index', plan: QueryPlan | undefined) {
    if (plan === undefined) return { items: [] };
    const answer = await call(operation, () =>
      client.send(new QueryCommand({ TableName, ...capacity, ...plan })),
    );
    const items = (answer?.Items ?? []).map(toItem);
    const end = answer?.LastEvaluatedKey;
    return end === undefined ? { items } : { items, next: encodeCursor(end) };
  }

  return {
    async get(key) {
      const command = new GetCommand({
        TableName,
        Key: keyOf(key),
        ConsistentRead: true,
        ...capacity,
      });
      const answer = await call('get', () => client.send(command));
      return answer?.Item === undefined ? undefined : toItem(answer.Item);
    },
    async put(item, condition) {
      const stored = storedItem(item);
      requireItemFits(stored);
      const use = createPlaceholders();
      const ConditionExpression = conditionExpression(condition, use);
      const input = { TableName, Item: stored, ConditionExpression, ...use.fields(), ...capacity };
      const answer = await call('put', () => client.send(new PutCommand(input)));
      return answer !== undefined;
    },
    async update(key, change, condition) {
      const use = createPlaceholders();
      const input = {
        TableName,
        Key: keyOf(key),
        UpdateExpression: updateExpression(change, use),
        ConditionExpression: conditionExpression(condition, use),
        ReturnValues: 'ALL_NEW' as const,
        ...use.fields(),
        ...capacity,
      };
      const answer = await call('update', () => client.send(new UpdateCommand(input)));
      return answer === undefined ? undefined : toItem(answer.Attributes ?? keyOf(key));
    },
    async delete(key, condition) {
      const use = createPlaceholders();
      const ConditionExpression = conditionExpression(condition, use);
      const input = {
        TableName,
        Key: keyOf(key),
        ConditionExpression,
        ...use.fields(),
        ...capacity,
      };
      const answer = await call('delete', () => client.send(new DeleteCommand(input)));
      return answer !== undefined;
    },
    query: (pk, query) => ask('query', partitionQuery(pk, query)),
    index: (name, hash, query) => ask('index', indexQuery(name, hash, query)),
  };
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

type Answer = { readonly ConsumedCapacity?: { readonly CapacityUnits?: number } };

/** Undefined: the condition did not hold. */
async function counted<T extends Answer>(
  operation: TableOperation,
  onCall: DynamoTableOptions['onCall'],
  send: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const answer = await send();
    onCall?.(operation, answer.ConsumedCapacity?.CapacityUnits);
    return answer;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw storeError(error);
    onCall?.(operation);
    return undefined;
  }
}

function keyOf(key: Key): { pk: string; sk: string } {
  return { pk: key.pk, sk: key.sk };
}

function toItem(raw: Record<string, unknown>): Item {
  const { pk, sk } = raw;
  if (typeof pk === 'string' && typeof sk === 'string') return { ...raw, pk, sk };
  throw new AppError('bug', 'bad_item', 'the store answered an item without its key');
}
