import { setTimeout as delay } from 'node:timers/promises';
import type { AttributeValue, ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import { DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { describeError } from '../../core/base/describe-error.ts';
import type { Log } from '../../core/port/runtime.ts';
import { TABLE } from '../../core/topology/table.ts';
import type { Credential } from './credential.ts';

// DynamoDB removes expired items by itself, the emulator does not, so this module removes them. As in DynamoDB, an expired item
// may remain for some time.

const INTERVAL_MS = 3_600_000;
const FIRST_DELAY_MS = 60_000;
const PAGE_SIZE = 200;

/** Removes expired items one minute after the start, then every hour. */
export function startExpiry(options: {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credential;
  readonly tableName: string;
  readonly log: Log;
}): { close(): Promise<void> } {
  const { endpoint, region, credentials, log } = options;
  const client = new DynamoDBClient({ endpoint, region, credentials });
  const stop = new AbortController();
  const running = runExpiry(client, options.tableName, log, stop.signal);
  return {
    async close() {
      stop.abort();
      await running;
      client.destroy();
    },
  };
}

async function runExpiry(
  client: DynamoDBClient,
  table: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = INTERVAL_MS) {
    try {
      await delay(delayMs, undefined, { signal, ref: false });
    } catch {
      return;
    }
    try {
      const removedCount = await removeExpired(
        client,
        table,
        Math.floor(Date.now() / 1_000),
        signal,
      );
      if (removedCount > 0) log.info('expired items removed', { removed: removedCount });
    } catch (error) {
      log.warn('expired items could not be removed; trying again in an hour', {
        cause: describeError(error),
      });
    }
  }
}

/** Removes items that expired before `nowSeconds` (epoch seconds); returns their number. */
export async function removeExpired(
  client: DynamoDBClient,
  table: string,
  nowSeconds: number,
  signal?: AbortSignal,
): Promise<number> {
  const names = { '#ttl': TABLE.ttl };
  const values = { ':now': { N: String(nowSeconds) } };
  let removedCount = 0;
  let startKey: Record<string, AttributeValue> | undefined;
  do {
    const page: ScanCommandOutput = await client.send(
      new ScanCommand({
        TableName: table,
        Limit: PAGE_SIZE,
        ExclusiveStartKey: startKey,
        FilterExpression: '#ttl < :now',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
      }),
    );
    for (const { pk, sk } of page.Items ?? []) {
      if (pk === undefined || sk === undefined) continue;
      await client.send(
        new DeleteItemCommand({
          TableName: table,
          Key: { pk, sk },
          ConditionExpression: '#ttl < :now',
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: values,
        }),
      );
      removedCount += 1;
    }
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined && signal?.aborted !== true);
  return removedCount;
}
