import { expect, test } from 'vitest';
import { createDynamoTable } from '../../../adapters/dynamo/create-dynamo-table.ts';
import { isAppError } from '../../../core/base/app-error.ts';
import { ITEM_IS_ABSENT } from '../../../core/port/table.ts';
import { startTestStore } from '../../support/store/test-emulators.ts';

test('onCall receives the operation and the consumed capacity units of each call', async () => {
  const calls: unknown[] = [];
  const { table } = await startTestStore({
    onCall: (operation, units) => calls.push([operation, units]),
  });
  const key = { pk: 'p', sk: 'a' };

  await table.put({ ...key, text: 'x'.repeat(1_500) });
  await table.get(key);
  await table.put(key, ITEM_IS_ABSENT);
  await table.query('p');

  expect(calls).toEqual([
    ['put', 2],
    ['get', 1],
    ['put', undefined],
    ['query', 1],
  ]);
});

test('a call to an unreachable store fails with a transient error', async () => {
  const { endpoint: _unused, ...access } = await startTestStore();
  const table = createDynamoTable({ ...access, endpoint: 'http://127.0.0.1:9' });

  await expect(table.get({ pk: 'p', sk: 'a' })).rejects.toSatisfy((error) =>
    isAppError(error, 'transient', 'store_unreachable'),
  );
});

test('a call to a missing table fails as a bug, and the message contains the error of DynamoDB', async () => {
  const { table: _unused, ...access } = await startTestStore();
  const table = createDynamoTable({ ...access, tableName: 'another' });

  await expect(table.get({ pk: 'p', sk: 'a' })).rejects.toSatisfy(
    (error) => isAppError(error, 'bug', 'store_refused') && /ResourceNotFound/.test(error.message),
  );
});
