import { z } from 'zod';
import * as access from '../../core/contract/access.ts';
import { API, ATTEMPT_API, HOOK_API } from '../../core/contract/api.ts';
import { acceptedSchema, assignmentSchema } from '../../core/contract/attempt.ts';
import { errorBodySchema } from '../../core/contract/error.ts';
import { graphViewSchema, planViewSchema, reasonSchema } from '../../core/contract/plan.ts';
import { repositorySchema } from '../../core/contract/repository.ts';
import type { Access, Route } from '../../core/contract/route.ts';
import { doctorCheckSchema } from '../../core/contract/system-routes.ts';
import { evidenceSchema, taskSpecSchema, taskViewSchema } from '../../core/contract/task.ts';

// The whole interface as one OpenAPI 3.1 document, made of the rows of the contract. Its schemas are JSON Schema 2020-12,
// which is what OpenAPI 3.1 takes as it is.

type Json = Record<string, unknown>;
type Registry = z.core.$ZodRegistry<{ id: string }>;

/** Shapes that have a name of their own; in what is sent to us they are another shape, for defaults may be left out. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
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

const GROUPS: readonly {
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

const SECURITY: Readonly<Record<Exclude<Access, 'public'>, string>> = {
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

export function openApiDocument(version: string): Json {
  const { sent, answered } = registries();
  return {
    openapi: '3.1.0',
    info: { title: 'smol-gang', version, license: { name: 'MIT', identifier: 'MIT' } },
    tags: GROUPS.map(({ tag, about }) => ({ name: tag, description: about })),
    paths: paths(sent, answered),
    components: {
      schemas: { ...schemasOf(sent, 'input'), ...schemasOf(answered, 'output') },
      responses: { Error: { description: 'What was wrong, and where', content: json('Error') } },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function registries(): { readonly sent: Registry; readonly answered: Registry } {
  const sent: Registry = z.registry<{ id: string }>();
  const answered: Registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) answered.add(schema, { id });
  sent.add(taskSpecSchema, { id: 'NewTaskSpec' }).add(reasonSchema, { id: 'Reason' });
  for (const [id, { body, answer }] of GROUPS.flatMap(({ routes }) => Object.entries(routes))) {
    const name = id.charAt(0).toUpperCase() + id.slice(1);
    if (body !== undefined && !sent.has(body)) sent.add(body, { id: `${name}Request` });
    if (answer !== undefined && !answered.has(answer))
      answered.add(answer, { id: `${name}Response` });
  }
  return { sent, answered };
}

function paths(sent: Registry, answered: Registry): Json {
  const found: Record<string, Json> = {};
  for (const { tag, routes } of GROUPS) {
    for (const [id, route] of Object.entries(routes)) {
      const content = {
        ...(route.body && { requestBody: requestBody(sent, route.body) }),
        responses: responses(answered, route),
      };
      const method = route.method.toLowerCase();
      found[route.path] = {
        ...found[route.path],
        [method]: { ...operation(id, tag, route), ...content },
      };
    }
  }
  return found;
}

function operation(id: string, tag: string, route: Route): Json {
  const parameters = [
    ...parametersOf('path', route.params),
    ...parametersOf('query', route.query),
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

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { $schema, ...described } = z.toJSONSchema(field, { io: 'input' });
    return { name, in: place, required: place === 'path', schema: described };
  });
}

function requestBody(sent: Registry, body: z.ZodType): Json {
  // A body of which everything may be left out may be left out itself.
  const required = !body.safeParse({}).success;
  return { required, content: json(nameIn(sent, body)) };
}

function responses(answered: Registry, route: Route): Json {
  const content = route.answer && { content: json(nameIn(answered, route.answer)) };
  const errors = errorStatuses(route).map((status) => [
    status,
    { $ref: '#/components/responses/Error' },
  ]);
  return { [route.status]: { description: 'Done', ...content }, ...Object.fromEntries(errors) };
}

function errorStatuses(route: Route): string[] {
  return [
    ...['400', '429', '500', '503'],
    ...(route.access === 'public' ? [] : ['401', '403']),
    ...(route.params === undefined ? [] : ['404', '409']),
    ...(route.body === undefined ? [] : ['413', '415', '422']),
  ].toSorted();
}

function schemasOf(registry: Registry, io: 'input' | 'output'): Json {
  const { schemas } = z.toJSONSchema(registry, { io, uri: reference, override: dropSafeBounds });
  const named = Object.entries(schemas).map(([name, { $schema, $id, ...rest }]) => [name, rest]);
  return Object.fromEntries(named);
}

/** That an integer is one that a double can hold says nothing to a reader. */
function dropSafeBounds({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function nameIn(registry: Registry, schema: z.ZodType): string {
  const id = registry.get(schema)?.id;
  if (id === undefined) throw new Error('a schema of the contract has no name in the document');
  return id;
}

function json(name: string): Json {
  return { 'application/json': { schema: { $ref: reference(name) } } };
}

function reference(name: string): string {
  return `#/components/schemas/${name}`;
}
