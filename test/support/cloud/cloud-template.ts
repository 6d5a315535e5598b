import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HANDLERS, toFunctionId } from '../../../core/topology/handlers.ts';
import { STAGE } from './cloud-settings.ts';

// Reads CloudFormation templates as far as tests ask.

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string(), z.array(z.string())]).default([]),
  DeletionPolicy: z.string().optional(),
});
const templateSchema = z.object({ Resources: z.record(z.string(), resourceSchema) });

export type Resource = z.output<typeof resourceSchema> & { readonly logicalId: string };
export type Template = { readonly text: string; readonly resources: readonly Resource[] };

export function readTemplate(folder: string, stack: 'storage' | 'platform'): Template {
  const text = readFileSync(join(folder, `${STAGE}-smol-gang-${stack}.template.json`), 'utf8');
  const { Resources } = templateSchema.parse(JSON.parse(text));
  const resources = Object.entries(Resources).map(([logicalId, one]) => ({ logicalId, ...one }));
  return { text, resources };
}

export function findResourcesOfType({ resources }: Template, type: string): Resource[] {
  return resources.filter((one) => one.Type === type);
}

export function requireSingle<T>(found: readonly T[]): T {
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`expected one, not ${found.length}`);
  return first;
}

/** The logical ids that a value refers to, wherever in it. */
export function findReferences(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'Ref') return [String(inner)];
    if (key === 'Fn::GetAtt' && Array.isArray(inner)) return [String(inner[0])];
    return findReferences(inner);
  });
}

/** The functions of handlers by id; SST's helper, which has no handler of ours, is not among them. */
export function findFunctions(template: Template): Map<string, Resource> {
  const byHandler = new Map(
    HANDLERS.map((handler) => [handler.replace(/\.ts$/, '.handler'), toFunctionId(handler)]),
  );
  return new Map(
    findResourcesOfType(template, 'AWS::Lambda::Function').flatMap((one) => {
      const id = byHandler.get(String(one.Properties.Handler));
      return id === undefined ? [] : [[id, one] as const];
    }),
  );
}

/** Which function a resource refers to, by its id. */
export function findReferencedFunction(template: Template, value: unknown): string {
  const referred = new Set(findReferences(value));
  const found = [...findFunctions(template)].filter(([, one]) => referred.has(one.logicalId));
  return requireSingle(found)[0];
}

const statementSchema = z.object({
  Effect: z.literal('Allow'),
  Action: z.union([z.string(), z.array(z.string())]).transform((one) => [one].flat()),
  Resource: z.unknown().transform((one) => [one].flat()),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type Statement = z.output<typeof statementSchema>;

/** Everything that the role of this function allows. */
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
