import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { AppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';
import type { Push } from '../../core/port/push.ts';
import type { AwsAccess } from '../aws/create-client-options.ts';
import { createClientOptions } from '../aws/create-client-options.ts';

/** Access to the gateway that holds the WebSocket connections. */
export type PushOptions = AwsAccess & {
  /** URL of the gateway's stage (`https://...`) or of the local gateway. The SDK appends `/@connections`. */
  readonly endpoint: string;
};

/** Creates a Push for the connections of an API Gateway WebSocket API. */
export function createPush(options: PushOptions): Push {
  const client = new ApiGatewayManagementApiClient(
    createClientOptions(options, { maxAttempts: 2, requestTimeoutMs: 3_000 }),
  );
  return {
    async send(connectionId, frame) {
      const Data = JSON.stringify(frame);
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data }));
        return 'sent';
      } catch (cause) {
        if (cause instanceof GoneException) return 'gone';
        const message = `the WebSocket gateway did not accept a frame: ${describeError(cause)}`;
        throw new AppError('transient', 'push_failed', message, { cause });
      }
    },
    async close(connectionId) {
      try {
        await client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
      } catch (cause) {
        if (cause instanceof GoneException) return;
        const message = `the WebSocket gateway did not close a connection: ${describeError(cause)}`;
        throw new AppError('transient', 'push_failed', message, { cause });
      }
    },
  };
}
