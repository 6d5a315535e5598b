import type { CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Stack } from 'sst/constructs';
import { Api } from 'sst/constructs';
import { HTTP_FUNCTIONS } from '../core/topology/routes.ts';
import type { CreateFunction } from './functions.ts';

/** Requests a second, over all routes: 1,000 attempts that stream need about as many. */
const RATE = 1_000;
const BURST = 2_000;
/** Of each route that asks nobody who they are: what is guessed there is guessed slowly. */
const PUBLIC_RATE = 20;
const PUBLIC_BURST = 40;

export function createHttpApi(stack: Stack): Api {
  return new Api(stack, 'http', {
    cors: false,
    accessLog: { retention: 'one_month' },
    defaults: { throttle: { rate: RATE, burst: BURST } },
  });
}

/**
 * One route for each row. CDK's routes rather than SST's: those permit the gateway to call the function once for each route,
 * and 45 such statements are more than a function's policy can hold.
 */
export function addHttpRoutes(api: Api, create: CreateFunction): void {
  const settings: Record<string, object> = {};
  const stage = requireStage(api);
  for (const { name, handler, routes, timeoutSeconds } of HTTP_FUNCTIONS) {
    const { fn } = create(handler, { timeoutSeconds });
    const integration = new HttpLambdaIntegration(name, fn, { scopePermissionToRoute: false });
    for (const { method, path, access } of Object.values(routes)) {
      const added = api.cdk.httpApi.addRoutes({ path, methods: [HttpMethod[method]], integration });
      if (access !== 'public') continue;
      settings[`${method} ${path}`] = {
        ThrottlingRateLimit: PUBLIC_RATE,
        ThrottlingBurstLimit: PUBLIC_BURST,
      };
      // A stage is refused while a route that it has settings for does not exist.
      for (const route of added) stage.node.addDependency(route);
    }
  }
  // Plain JSON to CDK, which leaves its names as they are.
  stage.routeSettings = settings;
}

function requireStage(api: Api): CfnStage {
  // SST declares the API that it made; an imported one would have no stage of ours.
  const stage = api.cdk.httpApi.defaultStage?.node.defaultChild;
  if (stage === undefined) throw new Error('the HTTP API has no stage');
  return stage as CfnStage;
}
