import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Stack } from 'sst/constructs';
import { WebSocketApi } from 'sst/constructs';
import { SOCKET_ROUTES } from '../core/topology/routes.ts';
import type { CreateFunction } from './functions.ts';

/** Maximum number of frames per second over all connections. */
const FRAMES_PER_SECOND = 500;
const FRAME_BURST = 1_000;
const TIMEOUT_SECONDS = 10;

/** Declares the WebSocket API without routes. */
export function createSocketApi(stack: Stack): WebSocketApi {
  return new WebSocketApi(stack, 'socket', {
    accessLog: { retention: 'one_month' },
    cdk: {
      webSocketStage: { throttle: { rateLimit: FRAMES_PER_SECOND, burstLimit: FRAME_BURST } },
    },
  });
}

/**
 * Declares the functions and routes. Uses the routes of CDK, because with the routes of SST every function could write to every
 * connection.
 */
export function addSocketRoutes(api: WebSocketApi, createFunction: CreateFunction): void {
  for (const { route, handler } of SOCKET_ROUTES) {
    const { fn } = createFunction(handler, { timeoutSeconds: TIMEOUT_SECONDS });
    api.cdk.webSocketApi.addRoute(route, {
      integration: new WebSocketLambdaIntegration(`route-${route}`, fn),
    });
  }
}
