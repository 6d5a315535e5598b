import type { CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Stack } from 'sst/constructs';
import { Api } from 'sst/constructs';
import { HTTP_FUNCTIONS } from '../core/topology/routes.ts';
import type { CreateFunction } from './functions.ts';

/** Maximum number of requests per second over all routes, enough for 1,000 attempts that send transcripts. */
const RATE = 1_000;
const BURST = 2_000;
/** Maximum number of requests per second for each public route, against guessing of passwords and codes. */
const PUBLIC_RATE = 20;
const PUBLIC_BURST = 40;

/** Declares the HTTP API without routes. */
export function createHttpApi(stack: Stack): Api {
  return new Api(stack, 'http', {
    cors: false,
    accessLog: { retention: 'one_month' },
    defaults: { throttle: { rate: RATE, burst: BURST } },
  });
}

/**
 * Declares the functions and routes of the contract. Uses the routes of CDK instead of SST, because SST adds one permission per
 * route, and the permissions of 45 routes exceed the size limit of a function's policy.
 */
export function addHttpRoutes(api: Api, createFunction: CreateFunction): void {
  const settings: Record<string, object> = {};
  const stage = requireStage(api);
  for (const { name, handler, routes, timeoutSeconds } of HTTP_FUNCTIONS) {
    const { fn } = createFunction(handler, { timeoutSeconds });
    const integration = new HttpLambdaIntegration(name, fn, { scopePermissionToRoute: false });
    for (const { method, path, access } of Object.values(routes)) {
      const added = api.cdk.httpApi.addRoutes({ path, methods: [HttpMethod[method]], integration });
      if (access !== 'public') continue;
      settings[`${method} ${path}`] = {
        ThrottlingRateLimit: PUBLIC_RATE,
        ThrottlingBurstLimit: PUBLIC_BURST,
      };
      // CloudFormation rejects settings of a stage for a route that does not exist yet.
      for (const route of added) stage.node.addDependency(route);
    }
  }
  // CDK passes plain JSON through without renaming keys.
  stage.routeSettings = settings;
}

function requireStage(api: Api): CfnStage {
  // Only an imported API would have no default stage.
  const stage = api.cdk.httpApi.defaultStage?.node.defaultChild;
  if (stage === undefined) throw new Error('the HTTP API has no default stage');
  return stage as CfnStage;
}
