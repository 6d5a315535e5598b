import type { ApiGatewayManagementApiClientConfig } from '@aws-sdk/client-apigatewaymanagementapi';
import {
  ApiGatewayManagementApiClient,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { AppError } from '../../core/base/app-error.ts';
import type { Push } from '../../core/port/push.ts';

export type PushOptions = {
  /** The stage's `https://...` address, or the local gateway's; `/@connections` is added to it. */
  readonly endpoint: string;
  readonly region: string;
  /** Without them: the environment's, as the SDK finds them. */
  readonly credentials?: ApiGatewayManagementApiClientConfig['credentials'];
};

export function createPush(options: PushOptions): Push {
  const client = new ApiGatewayManagementApiClient({
    region: options.region,
    endpoint: options.endpoint,
    credentials: options.credentials,
    maxAttempts: 2,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
    },
  });
  return {
    async send(connectionId, frame) {
      const Data = JSON.stringify(frame);
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data }));
        return 'sent';
      } catch (cause) {
        if (cause instanceof GoneException) return 'gone';
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new AppError('transient', 'push_failed', `a frame was not sent: ${reason}`, {
          cause,
        });
      }
    },
  };
}
