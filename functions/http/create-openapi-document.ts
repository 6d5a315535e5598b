import { z } from 'zod';
import * as access from '../../core/contract/access.ts';
import { API, ATTEMPT_API, HOOK_API } from '../../core/contract/api.ts';
import { acceptedSchema, assignmentSchema } from '../../core/contract/attempt.ts';
import { graphViewSchema, planViewSchema, reasonSchema } from '../../core/contract/plan.ts';
import { repositorySchema } from '../../core/contract/repository.ts';
import type { Route, RouteAccess } from '../../core/contract/routes/route.ts';
import { errorBodySchema } from '../../core/contract/routes/route.ts';
import { doctorCheckSchema } from '../../core/contract/routes/system-routes.ts';
import { evidenceSchema, taskSpecSchema, taskViewSchema } from '../../core/contract/task.ts';

// Builds one OpenAPI 3.1 document from the routes of the contract. OpenAPI 3.1 accepts JSON Schema 2020-12, which zod produces.

type Json = Record<string, unknown>;
type SchemaRegistry = z.core.$ZodRegistry<{ readonly id: string }>;

/**
 * Response schemas by name; all other schemas are named after their route. A request needs a separate schema, because a caller
 * may omit fields with a default.
 */
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
  { tag: 'users', about: 'Routes for people, scripts and the command line', routes: API },
  {
    tag: 'attempts',
    about: 'Routes for a bridge with the token of its attempt',
    routes: ATTEMPT_API,
  },
  { tag: 'hooks', about: 'Routes for outside systems', routes: HOOK_API },
];

const SCHEME_BY_ACCESS: Readonly<Record<Exclude<RouteAccess, 'public'>, string>> = {
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
    description: 'Access token of a session, or API token (sgt_...).',
  },
  attempt: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'Token of the attempt in the path.',
  },
  signature: {
    type: 'apiKey',
    in: 'header',
    name: 'x-hub-signature-256',
    description: '"sha256=" and the HMAC of the raw body.',
  },
} as const;

const IDEMPOTENCY_KEY_PARAMETER = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A repeated request with the same key and body creates nothing new; the same key with another body is rejected.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
} as const;

/** Builds the document for a version of the server. */
export function createOpenApiDocument(version: string): Json {
  const { requests, responses } = createRegistries();
  return {
    openapi: '3.1.0',
    info: { title: 'smol-gang', version, license: { name: 'MIT', identifier: 'MIT' } },
    tags: ROUTE_GROUPS.map(({ tag, about }) => ({ name: tag, description: about })),
    paths: createPaths(requests, responses),
    components: {
      schemas: { ...createSchemas(requests, 'input'), ...createSchemas(responses, 'output') },
      responses: {
        Error: { description: 'Reason of the failure', content: createJsonContent('Error') },
      },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function createRegistries(): {
  readonly requests: SchemaRegistry;
  readonly responses: SchemaRegistry;
} {
  const requests: SchemaRegistry = z.registry<{ readonly id: string }>();
  const responses: SchemaRegistry = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries(NAMED_SCHEMAS)) responses.add(schema, { id });
  requests.add(taskSpecSchema, { id: 'NewTaskSpec' }).add(reasonSchema, { id: 'Reason' });
  for (const [id, { body, answer }] of ROUTE_GROUPS.flatMap(({ routes }) =>
    Object.entries(routes),
  )) {
    const name = id.charAt(0).toUpperCase() + id.slice(1);
    if (body !== undefined && !requests.has(body)) requests.add(body, { id: `${name}Request` });
    if (answer !== undefined && !responses.has(answer))
      responses.add(answer, { id: `${name}Response` });
  }
  return { requests, responses };
}

function createPaths(requests: SchemaRegistry, responses: SchemaRegistry): Json {
  const paths: Record<string, Json> = {};
  for (const { tag, routes } of ROUTE_GROUPS) {
    for (const [id, route] of Object.entries(routes)) {
      const content = {
        ...(route.body && { requestBody: createRequestBody(requests, route.body) }),
        responses: createResponses(responses, route),
      };
      const method = route.method.toLowerCase();
      paths[route.path] = {
        ...paths[route.path],
        [method]: { ...createOperation(id, tag, route), ...content },
      };
    }
  }
  return paths;
}

function createOperation(id: string, tag: string, route: Route): Json {
  const parameters = [
    ...createParameters('path', route.params),
    ...createParameters('query', route.query),
    ...(route.idempotent === true ? [IDEMPOTENCY_KEY_PARAMETER] : []),
  ];
  return {
    operationId: id,
    tags: [tag],
    summary: route.summary,
    'x-access': route.access,
    security: route.access === 'public' ? [] : [{ [SCHEME_BY_ACCESS[route.access]]: [] }],
    ...(parameters.length > 0 && { parameters }),
  };
}

function createParameters(location: 'path' | 'query', schema: z.ZodObject | undefined): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { $schema, ...jsonSchema } = z.toJSONSchema(field, { io: 'input' });
    return { name, in: location, required: location === 'path', schema: jsonSchema };
  });
}

function createRequestBody(requests: SchemaRegistry, body: z.ZodType): Json {
  // A body is optional if all its fields are optional.
  const required = !body.safeParse({}).success;
  return { required, content: createJsonContent(requireSchemaName(requests, body)) };
}

function createResponses(responses: SchemaRegistry, route: Route): Json {
  const content = route.answer && {
    content: createJsonContent(requireSchemaName(responses, route.answer)),
  };
  const errors = listErrorStatuses(route).map((status) => [
    status,
    { $ref: '#/components/responses/Error' },
  ]);
  return { [route.status]: { description: 'Success', ...content }, ...Object.fromEntries(errors) };
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
    override: dropIntegerBounds,
  });
  const named = Object.entries(schemas).map(([name, { $schema, $id, ...schema }]) => [
    name,
    schema,
  ]);
  return Object.fromEntries(named);
}

/** Removes the bounds that zod adds to every integer, because such bounds tell a reader nothing. */
function dropIntegerBounds({
  jsonSchema,
}: {
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function requireSchemaName(registry: SchemaRegistry, schema: z.ZodType): string {
  const id = registry.get(schema)?.id;
  if (id === undefined)
    throw new Error(
      'a schema of core/contract is missing in the registries of the OpenAPI document',
    );
  return id;
}

function createJsonContent(name: string): Json {
  return { 'application/json': { schema: { $ref: createReference(name) } } };
}

function createReference(name: string): string {
  return `#/components/schemas/${name}`;
}
