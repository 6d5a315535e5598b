import { z } from 'zod';

// Values made of a JSON Schema, as zod writes it: one that is good, and the same with another value in one place.

export type JsonSchema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly required?: readonly string[];
  /** There is a rule in code, of which JSON Schema knows nothing. */
  readonly refined?: boolean;
};

/** A place in a value of a schema where a text stands. */
export type TextField = {
  /** `tasks.0.id` */
  readonly path: string;
  readonly schema: JsonSchema;
  /** The whole value, good but for what is put here. */
  with(text: string): unknown;
};

/** Among these is a good value for every pattern of the contract: a new one belongs here. */
const GOOD = [
  'add-login',
  'acme/shop',
  'p3k9m2x7abc',
  'r3k9m2x7abc',
  'k3k9m2x7abcde',
  'bob@example.org',
  'a'.repeat(40),
];

/** What may be sent. */
export function inputSchema(schema: z.ZodType | undefined): JsonSchema {
  if (schema === undefined) return {};
  const written = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const checks = zodSchema._zod.def.checks ?? [];
      if (checks.some((check) => check._zod.def.check === 'custom')) jsonSchema.refined = true;
    },
  });
  return JSON.parse(JSON.stringify(written));
}

/** A good value, with everything that may be given. */
export function sampleOf(schema: JsonSchema): unknown {
  const [branch] = branchesOf(schema);
  if (branch !== undefined) return sampleOf(branch);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  switch (schema.type) {
    case 'string':
      return sampleText(schema);
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, 1);
    case 'boolean':
      return false;
    case 'array':
      return sampleItems(schema).map(sampleOf);
    case 'object':
      return sampleObject(schema);
    default:
      throw new Error(`there is no sample of ${JSON.stringify(schema)}`);
  }
}

export function textFieldsOf(schema: JsonSchema, path: readonly string[] = []): TextField[] {
  const branches = branchesOf(schema);
  if (branches.length > 0) return branches.flatMap((branch) => textFieldsOf(branch, path));
  if (schema.type === 'string') return [{ path: path.join('.'), schema, with: (text) => text }];
  if (schema.type === 'array' && schema.items !== undefined) {
    const [, ...rest] = sampleItems(schema).map(sampleOf);
    return inside(schema.items, [...path, '0'], (item) => [item, ...rest]);
  }
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    inside(field, [...path, name], (value) => ({ ...sampleObject(schema), [name]: value })),
  );
}

function inside(schema: JsonSchema, path: string[], wrap: (value: unknown) => unknown) {
  return textFieldsOf(schema, path).map((field) => ({
    ...field,
    with: (text: string) => wrap(field.with(text)),
  }));
}

function branchesOf({ anyOf = [], oneOf = [] }: JsonSchema): readonly JsonSchema[] {
  return [...anyOf, ...oneOf];
}

function sampleObject({ properties = {} }: JsonSchema): Record<string, unknown> {
  const fields = Object.entries(properties).map(([name, field]) => [name, sampleOf(field)]);
  return Object.fromEntries(fields);
}

function sampleItems({ items = {}, minItems = 1 }: JsonSchema): JsonSchema[] {
  return Array.from({ length: Math.max(1, minItems) }, () => items);
}

function sampleText({ pattern, minLength = 0 }: JsonSchema): string {
  if (pattern === undefined) return 'text'.padEnd(minLength, '.');
  const good = GOOD.find((one) => new RegExp(pattern, 'u').test(one));
  if (good === undefined) throw new Error(`add an example of ${pattern} to GOOD`);
  return good;
}
