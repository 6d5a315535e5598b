import type { HttpTarget } from '../../../local/gateway/http-gateway.ts';
import type { LambdaHandler } from '../../../local/lambda-handler.ts';

/** Creates an HTTP function with one route, for tests of the gateway. */
export function createTinyFunction(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  handler: LambdaHandler,
  timeoutSeconds = 5,
): HttpTarget {
  return { name: 'tiny', timeoutSeconds, handler, routes: { only: { method, path } } };
}
