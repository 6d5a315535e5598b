import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { forgetConnection } from '../../core/live/watch.ts';
import { table } from '../deps/table.ts';

export async function handler(
  event: APIGatewayProxyWebsocketEventV2,
): Promise<APIGatewayProxyResultV2> {
  await forgetConnection(table(), event.requestContext.connectionId);
  return { statusCode: 200 };
}
