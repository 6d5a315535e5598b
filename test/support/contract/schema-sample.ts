import { z } from 'zod';

// Creates a valid value from a schema, and variants of the value in which one text field has another text.

/** Subset of JSON Schema that the contract uses. */
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
  /** True when code checks a further rule, which JSON Schema cannot express. */
  readonly refined?: boolean;
};

/** Text field within a value of a schema. */
export type TextField = {
  /** Path such as `tasks.0.id`. */
  readonly path: string;
  readonly schema: JsonSchema;
  /** Creates the whole valid value with `text` in this field. */
  createValueWith(text: string): unknown;
};

/** Each pattern of the contract matches at least one of these texts; add a text for a new pattern. */
const VALID_TEXTS = [
  'add-login',
  'acme/shop',
  'p3k9m2x7abc',
  'r3k9m2x7abc',
  'k3k9m2x7abcde',
  'bob@example.org',
  'a'.repeat(40),
];

/** Converts a zod schema to the JSON Schema of the input that clients may send. */
export function toInputSchema(schema: z.ZodType | undefined): JsonSchema {
  if (schema === undefined) return {};
  const jsonSchemaOfInput = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const checks = zodSchema._zod.def.checks ?? [];
      if (checks.some((check) => check._zod.def.check === 'custom')) jsonSchema.refined = true;
    },
  });
  return JSON.parse(JSON.stringify(jsonSchemaOfInput));
}

/** Creates a valid value with all optional fields. */
export function createSample(schema: JsonSchema): unknown {
  const [alternative] = listAlternatives(schema);
  if (alternative !== undefined) return createSample(alternative);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  switch (schema.type) {
    case 'string':
      return chooseTextSample(schema);
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, 1);
    case 'boolean':
      return false;
    case 'array':
      return listItemSchemas(schema).map(createSample);
    case 'object':
      return createObjectSample(schema);
    default:
      throw new Error(`cannot create a sample of ${JSON.stringify(schema)}`);
  }
}

export function listTextFields(schema: JsonSchema, path: readonly string[] = []): TextField[] {
  const alternatives = listAlternatives(schema);
  if (alternatives.length > 0)
    return alternatives.flatMap((alternative) => listTextFields(alternative, path));
  if (schema.type === 'string')
    return [{ path: path.join('.'), schema, createValueWith: (text) => text }];
  if (schema.type === 'array' && schema.items !== undefined) {
    const [, ...otherItems] = listItemSchemas(schema).map(createSample);
    return listNestedTextFields(schema.items, [...path, '0'], (item) => [item, ...otherItems]);
  }
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    listNestedTextFields(field, [...path, name], (value) => ({
      ...createObjectSample(schema),
      [name]: value,
    })),
  );
}

function listNestedTextFields(
  schema: JsonSchema,
  path: string[],
  wrap: (value: unknown) => unknown,
) {
  return listTextFields(schema, path).map((field) => ({
    ...field,
    createValueWith: (text: string) => wrap(field.createValueWith(text)),
  }));
}

function listAlternatives({ anyOf = [], oneOf = [] }: JsonSchema): readonly JsonSchema[] {
  return [...anyOf, ...oneOf];
}

function createObjectSample({ properties = {} }: JsonSchema): Record<string, unknown> {
  const fields = Object.entries(properties).map(([name, field]) => [name, createSample(field)]);
  return Object.fromEntries(fields);
}

function listItemSchemas({ items = {}, minItems = 1 }: JsonSchema): JsonSchema[] {
  return Array.from({ length: Math.max(1, minItems) }, () => items);
}

function chooseTextSample({ pattern, minLength = 0 }: JsonSchema): string {
  if (pattern === undefined) return 'text'.padEnd(minLength, '.');
  const sample = VALID_TEXTS.find((text) => new RegExp(pattern, 'u').test(text));
  if (sample === undefined) throw new Error(`add a text that matches ${pattern} to VALID_TEXTS`);
  return sample;
}
