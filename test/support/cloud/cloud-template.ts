import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HANDLERS, toFunctionId } from '../../../core/topology/handlers.ts';
import { STAGE } from './cloud-settings.ts';

// Reads CloudFormation templates for the tests.

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string(), z.array(z.string())]).default([]),
  DeletionPolicy: z.string().optional(),
});
const templateSchema = z.object({ Resources: z.record(z.string(), resourceSchema) });

/** Resource of a template with its id. */
export type Resource = z.output<typeof resourceSchema> & { readonly logicalId: string };
/** Parsed template with its text. */
export type Template = { readonly text: string; readonly resources: readonly Resource[] };

export function readTemplate(folder: string, stack: 'storage' | 'platform'): Template {
  const text = readFileSync(join(folder, `${STAGE}-smol-gang-${stack}.template.json`), 'utf8');
  const { Resources } = templateSchema.parse(JSON.parse(text));
  const resources = Object.entries(Resources).map(([logicalId, resource]) => ({
    logicalId,
    ...resource,
  }));
  return { text, resources };
}

export function findResourcesOfType({ resources }: Template, type: string): Resource[] {
  return resources.filter(({ Type }) => Type === type);
}

/** Returns the only element; throws for none or several. */
export function requireSingle<T>(elements: readonly T[]): T {
  const [first] = elements;
  if (first === undefined || elements.length > 1)
    throw new Error(`expected exactly one element instead of ${elements.length}`);
  return first;
}

/** Lists the logical ids of all references within a value. */
export function findReferences(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'Ref') return [String(inner)];
    if (key === 'Fn::GetAtt' && Array.isArray(inner)) return [String(inner[0])];
    return findReferences(inner);
  });
}

/** Finds the functions of our handlers, by function id; helpers of SST are omitted. */
export function findFunctions(template: Template): Map<string, Resource> {
  const byHandler = new Map(
    HANDLERS.map((handler) => [handler.replace(/\.ts$/, '.handler'), toFunctionId(handler)]),
  );
  return new Map(
    findResourcesOfType(template, 'AWS::Lambda::Function').flatMap((resource) => {
      const id = byHandler.get(String(resource.Properties.Handler));
      return id === undefined ? [] : [[id, resource] as const];
    }),
  );
}

/** Returns the id of the only function a value refers to. */
export function findReferencedFunction(template: Template, value: unknown): string {
  const referenced = new Set(findReferences(value));
  const functions = [...findFunctions(template)].filter(([, { logicalId }]) =>
    referenced.has(logicalId),
  );
  return requireSingle(functions)[0];
}

const statementSchema = z.object({
  Effect: z.literal('Allow'),
  Action: z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat()),
  Resource: z.unknown().transform((value) => [value].flat()),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
/** Statement of an IAM policy, with lists of actions and resources. */
export type Statement = z.output<typeof statementSchema>;

/** Lists the statements of the function's role. */
export function listStatements(template: Template, fn: Resource): Statement[] {
  const role = requireSingle(findReferences(fn.Properties.Role));
  return findResourcesOfType(template, 'AWS::IAM::Policy')
    .filter(({ Properties }) => findReferences(Properties.Roles).includes(role))
    .flatMap(({ Properties }) => policySchema.parse(Properties.PolicyDocument).Statement);
}

const policySchema = z.object({ Statement: z.array(statementSchema) });

const environmentSchema = z.object({ Variables: z.record(z.string(), z.unknown()) });

export function readFunctionEnvironment(fn: Resource): Record<string, unknown> {
  return environmentSchema.parse(fn.Properties.Environment).Variables;
}
