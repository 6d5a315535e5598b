import type { CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Stack } from 'sst/constructs';
import { Api } from 'sst/constructs';
import { HTTP_FUNCTIONS } from '../core/topology/routes.ts';
import type { CreateFunction } from './functions.ts';

/** Maximum number of requests per second over all routes, enough for 1,000 attempts that send transcripts. */
const REQUESTS_PER_SECOND = 1_000;
const REQUEST_BURST = 2_000;
/** Maximum number of requests per second for each public route, to prevent the guessing of passwords and sign-in codes. */
const PUBLIC_REQUESTS_PER_SECOND = 20;
const PUBLIC_REQUEST_BURST = 40;

/** Declares the HTTP API without routes. */
export function createHttpApi(stack: Stack): Api {
  return new Api(stack, 'http', {
    cors: false,
    accessLog: { retention: 'one_month' },
    defaults: { throttle: { rate: REQUESTS_PER_SECOND, burst: REQUEST_BURST } },
  });
}

/**
 * Declares the functions and routes of the contract. Uses the routes of CDK instead of SST, because SST adds a permission to the
 * policy of the function for each route, and so many permissions exceed the size limit of a policy.
 */
export function addHttpRoutes(api: Api, createFunction: CreateFunction): void {
  const routeSettings: Record<string, object> = {};
  const stage = requireStage(api);
  for (const { name, handler, routes, timeoutSeconds } of HTTP_FUNCTIONS) {
    const { fn } = createFunction(handler, { timeoutSeconds });
    const integration = new HttpLambdaIntegration(name, fn, { scopePermissionToRoute: false });
    for (const { method, path, access } of Object.values(routes)) {
      const addedRoutes = api.cdk.httpApi.addRoutes({
        path,
        methods: [HttpMethod[method]],
        integration,
      });
      if (access !== 'public') continue;
      routeSettings[`${method} ${path}`] = {
        ThrottlingRateLimit: PUBLIC_REQUESTS_PER_SECOND,
        ThrottlingBurstLimit: PUBLIC_REQUEST_BURST,
      };
      // CloudFormation rejects route settings for a route that does not exist yet, so the stage must follow the routes.
      for (const route of addedRoutes) stage.node.addDependency(route);
    }
  }
  // CDK passes plain JSON through without renaming keys.
  stage.routeSettings = routeSettings;
}

function requireStage(api: Api): CfnStage {
  // Only an imported API would have no default stage.
  const stage = api.cdk.httpApi.defaultStage?.node.defaultChild;
  if (stage === undefined) throw new Error('the HTTP API has no default stage');
  return stage as CfnStage;
}
