import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { removeExpired } from '../../../local/emulator/remove-expired.ts';
import { startTestStore } from '../../support/store/test-emulators.ts';

test('removeExpired removes expired items, and keeps items with a later or no expiry', async () => {
  const { table, tableName, endpoint, region, credentials } = await startTestStore();
  await table.put({ pk: 'a', sk: '1', expiresAt: 100 });
  await table.put({ pk: 'a', sk: '2', expiresAt: 300 });
  await table.put({ pk: 'a', sk: '3' });
  const client = new DynamoDBClient({ endpoint, region, credentials });

  const removed = await removeExpired(client, tableName, 200);

  expect(removed).toBe(1);
  expect((await table.query('a')).items.map((item) => item.sk)).toEqual(['2', '3']);
});
