import { z } from 'zod';
import * as access from '../../core/contract/access.ts';
import { API, ATTEMPT_API, HOOK_API } from '../../core/contract/api.ts';
import { acceptedSchema, assignmentSchema } from '../../core/contract/attempt.ts';
import { errorBodySchema } from '../../core/contract/error.ts';
import { graphViewSchema, planViewSchema, reasonSchema } from '../../core/contract/plan.ts';
import { repositorySchema } from '../../core/contract/repository.ts';
import type { Route, RouteAccess } from '../../core/contract/route.ts';
import { doctorCheckSchema } from '../../core/contract/system-routes.ts';
import { evidenceSchema, taskSpecSchema, taskViewSchema } from '../../core/contract/task.ts';

// The whole interface as one OpenAPI 3.1 document, made of the rows of the contract. Its schemas are JSON Schema 2020-12,
// which is what OpenAPI 3.1 takes as it is.

type Json = Record<string, unknown>;
type SchemaRegistry = z.core.$ZodRegistry<{ readonly id: string }>;

/** Shapes that have a name of their own; in what is sent to us they are another shape, for defaults may be left out. */
const NAMED_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  Accepted: acceptedSchema,
  ApiToken: access.tokenViewSchema,
  Assignment: assignmentSchema,
  DoctorCheck: doctorCheckSchema,
  Error: errorBodySchema,
  Evidence: evidenceSchema,
  Graph: graphViewSchema,
  Plan: planViewSchema,
  Repository: repositorySchema,
  Session: access.sessionSchema,
  Task: taskViewSchema,
  TaskSpec: taskSpecSchema,
  User: access.userViewSchema,
};

const ROUTE_GROUPS: readonly {
  readonly tag: string;
  readonly about: string;
  readonly routes: Readonly<Record<string, Route>>;
}[] = [
  { tag: 'users', about: 'For people, scripts and the command line', routes: API },
  {
    tag: 'attempts',
    about: 'What a bridge calls with the token of its attempt',
    routes: ATTEMPT_API,
  },
  { tag: 'hooks', about: 'What outside systems call', routes: HOOK_API },
];

const SECURITY: Readonly<Record<Exclude<RouteAccess, 'public'>, string>> = {
  viewer: 'user',
  operator: 'user',
  admin: 'user',
  attempt: 'attempt',
  signature: 'signature',
};

const SECURITY_SCHEMES = {
  user: {
    type: 'http',
    scheme: 'bearer',
    description: 'The access token of a session, or an API token (sgt_...).',
  },
  attempt: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token of the attempt that the path names.',
  },
  signature: {
    type: 'apiKey',
    in: 'header',
    name: 'x-hub-signature-256',
    description: 'sha256= and the HMAC of the raw body.',
  },
} as const;

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key with the same body creates once; with another body it is refused.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
} as const;

export function createOpenApiDocument(version: string): Json {
  const { sent, answered } = createRegistries();
  return {
    openapi: '3.1.0',
    info: { title: 'smol-gang', version, license: { name: 'MIT', identifier: 'MIT' } },
    tags: ROUTE_GROUPS.map(({ tag, about }) => ({ name: tag, description: about })),
    paths: createPaths(sent, answered),
    components: {
      schemas: { ...createSchemas(sent, 'input'), ...createSchemas(answered, 'output') },
      responses: {
        Error: { description: 'What was wrong, and where', content: createJsonContent('Error') },
      },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function createRegistries(): { readonly sent: SchemaRegistry; readonly answered: SchemaRegistry } {
  const sent: SchemaRegistry = z.registry<{ readonly id: string }>();
  const answered: SchemaRegistry = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries(NAMED_SCHEMAS)) answered.add(schema, { id });
  sent.add(taskSpecSchema, { id: 'NewTaskSpec' }).add(reasonSchema, { id: 'Reason' });
  for (const [id, { body, answer }] of ROUTE_GROUPS.flatMap(({ routes }) =>
    Object.entries(routes),
  )) {
    const name = id.charAt(0).toUpperCase() + id.slice(1);
    if (body !== undefined && !sent.has(body)) sent.add(body, { id: `${name}Request` });
    if (answer !== undefined && !answered.has(answer))
      answered.add(answer, { id: `${name}Response` });
  }
  return { sent, answered };
}

function createPaths(sent: SchemaRegistry, answered: SchemaRegistry): Json {
  const found: Record<string, Json> = {};
  for (const { tag, routes } of ROUTE_GROUPS) {
    for (const [id, route] of Object.entries(routes)) {
      const content = {
        ...(route.body && { requestBody: createRequestBody(sent, route.body) }),
        responses: createResponses(answered, route),
      };
      const method = route.method.toLowerCase();
      found[route.path] = {
        ...found[route.path],
        [method]: { ...createOperation(id, tag, route), ...content },
      };
    }
  }
  return found;
}

function createOperation(id: string, tag: string, route: Route): Json {
  const parameters = [
    ...createParameters('path', route.params),
    ...createParameters('query', route.query),
    ...(route.idempotent === true ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: id,
    tags: [tag],
    summary: route.summary,
    'x-access': route.access,
    security: route.access === 'public' ? [] : [{ [SECURITY[route.access]]: [] }],
    ...(parameters.length > 0 && { parameters }),
  };
}

function createParameters(place: 'path' | 'query', schema: z.ZodObject | undefined): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { $schema, ...described } = z.toJSONSchema(field, { io: 'input' });
    return { name, in: place, required: place === 'path', schema: described };
  });
}

function createRequestBody(sent: SchemaRegistry, body: z.ZodType): Json {
  // A body of which everything may be left out may be left out itself.
  const required = !body.safeParse({}).success;
  return { required, content: createJsonContent(requireSchemaName(sent, body)) };
}

function createResponses(answered: SchemaRegistry, route: Route): Json {
  const content = route.answer && {
    content: createJsonContent(requireSchemaName(answered, route.answer)),
  };
  const errors = listErrorStatuses(route).map((status) => [
    status,
    { $ref: '#/components/responses/Error' },
  ]);
  return { [route.status]: { description: 'Done', ...content }, ...Object.fromEntries(errors) };
}

function listErrorStatuses(route: Route): string[] {
  return [
    ...['400', '429', '500', '503'],
    ...(route.access === 'public' ? [] : ['401', '403']),
    ...(route.params === undefined ? [] : ['404', '409']),
    ...(route.body === undefined ? [] : ['413', '415', '422']),
  ].toSorted();
}

function createSchemas(registry: SchemaRegistry, io: 'input' | 'output'): Json {
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: createReference,
    override: dropSafeBounds,
  });
  const named = Object.entries(schemas).map(([name, { $schema, $id, ...rest }]) => [name, rest]);
  return Object.fromEntries(named);
}

/** That an integer is one that a double can hold says nothing to a reader. */
function dropSafeBounds({
  jsonSchema,
}: {
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function requireSchemaName(registry: SchemaRegistry, schema: z.ZodType): string {
  const id = registry.get(schema)?.id;
  if (id === undefined) throw new Error('a schema of the contract has no name in the document');
  return id;
}

function createJsonContent(name: string): Json {
  return { 'application/json': { schema: { $ref: createReference(name) } } };
}

function createReference(name: string): string {
  return `#/components/schemas/${name}`;
}
