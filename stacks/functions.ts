import { RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Stack } from 'sst/constructs';
import { Function as SstFunction } from 'sst/constructs';
import { useProject } from 'sst/project.js';
import { toFunctionId } from '../core/topology/handlers.ts';
import { requireRights } from '../core/topology/rights.ts';
import { createNodejsOptions } from './bundle-options.ts';
import { buildEnvironment } from './environment.ts';
import type { Resources } from './permissions.ts';
import { createStatements } from './permissions.ts';
import type { Settings } from './settings.ts';

/** Declares the Lambda function of a handler. */
export type CreateFunction = (
  handler: string,
  options: { readonly timeoutSeconds: number; readonly retryAttempts?: number },
) => { readonly stack: Stack; readonly fn: SstFunction };

/**
 * Returns the function that declares Lambda functions. Each Lambda function has its own role, environment and log, according to
 * its entry in core/topology/rights.ts.
 */
export function createFunctionFactory(
  stack: Stack,
  settings: Settings,
  resources: Resources,
  knownVariables: Readonly<Record<string, string>>,
): CreateFunction {
  return (handler, { timeoutSeconds, retryAttempts }) => {
    const id = toFunctionId(handler);
    const rights = requireRights(handler);
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
      environment: buildEnvironment(rights, settings, knownVariables),
      nodejs: createNodejsOptions(useProject().paths.root),
    });
    for (const statement of createStatements(rights, resources)) role.addToPolicy(statement);
    return { stack, fn };
  };
}
