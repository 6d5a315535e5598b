import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { removeConnection } from '../../core/store/connection-store.ts';
import { getTable } from '../deps/get-table.ts';

/** Removes the stored data of a closed WebSocket. */
export async function handler(
  event: APIGatewayProxyWebsocketEventV2,
): Promise<APIGatewayProxyResultV2> {
  await removeConnection(getTable(), event.requestContext.connectionId);
  return { statusCode: 200 };
}
