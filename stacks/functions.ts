import { RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Function as SstFunction, type Stack } from 'sst/constructs';
import { useProject } from 'sst/project.js';
import { functionId } from '../core/topology/handlers.ts';
import { rightsOf } from '../core/topology/rights.ts';
import { nodejsOptions } from './bundle-options.ts';
import { environmentOf } from './environment.ts';
import { type Resources, statementsOf } from './permissions.ts';
import type { Settings } from './settings.ts';

export type CreateFunction = (
  handler: string,
  options: { readonly timeoutSeconds: number; readonly retryAttempts?: number },
) => { readonly stack: Stack; readonly fn: SstFunction };

/** Makes the function of a handler with the rights of its row: role, environment and log are its own. */
export function functionMaker(
  stack: Stack,
  settings: Settings,
  resources: Resources,
  known: Readonly<Record<string, string>>,
): CreateFunction {
  return (handler, { timeoutSeconds, retryAttempts }) => {
    const id = functionId(handler);
    const rights = rightsOf(handler);
    const logGroup = new LogGroup(stack, `log-${id}`, {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(stack, `role-${id}`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    const fn = new SstFunction(stack, id, {
      handler: handler.replace(/\.ts$/, '.handler'),
      runtime: 'nodejs24.x',
      architecture: 'arm_64',
      memorySize: 1_024,
      timeout: timeoutSeconds,
      retryAttempts,
      role,
      logGroup,
      tracing: 'disabled',
      environment: environmentOf(rights, settings, known),
      nodejs: nodejsOptions(useProject().paths.root),
    });
    for (const statement of statementsOf(rights, resources)) role.addToPolicy(statement);
    return { stack, fn };
  };
}
