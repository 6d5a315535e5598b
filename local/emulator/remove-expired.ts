import type { AttributeValue, DynamoDBClient, ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { TABLE } from '../../core/topology/table.ts';

const PAGE_SIZE = 200;

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
