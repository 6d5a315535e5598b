import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createCredential } from '../../../local/credential.ts';
import { createTable } from '../../../local/emulator/create-table.ts';
import { REGION, TABLE_NAME } from '../../support/store/test-emulators.ts';

/** Starts a fake DynamoDB whose table becomes active after `requestCount` requests. */
async function startSlowDynamo(requestCount: number) {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    await json(request);
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    requests.push(operation);
    const TableStatus = requests.length > requestCount ? 'ACTIVE' : 'CREATING';
    const table = { TableName: TABLE_NAME, TableStatus };
    const answer = operation === 'CreateTable' ? { TableDescription: table } : { Table: table };
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { endpoint: `http://127.0.0.1:${address.port}`, requests };
}

test('createTable waits until the table is active', async () => {
  const { endpoint, requests } = await startSlowDynamo(3);
  const credentials = createCredential();

  await createTable({ endpoint, region: REGION, credentials, tableName: TABLE_NAME });

  expect(requests).toEqual(['CreateTable', 'DescribeTable', 'DescribeTable', 'DescribeTable']);
});
