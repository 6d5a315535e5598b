import { describe, expect, test } from 'vitest';
import { API, ATTEMPT_API, HOOK_API } from '../../core/contract/api.ts';
import type { Route } from '../../core/contract/routes/route.ts';
import { createOpenApiDocument } from './create-openapi-document.ts';

const builtDocument = createOpenApiDocument('1.2.3');
const documentText = JSON.stringify(builtDocument);
const routeRows: [string, Route][] = Object.entries({ ...API, ...ATTEMPT_API, ...HOOK_API });

type Operation = {
  readonly operationId: string;
  readonly security: Record<string, string[]>[];
  readonly parameters?: {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
  }[];
  readonly responses: Record<string, unknown>;
  readonly [name: string]: unknown;
};

function findOperation(route: Route): Operation | undefined {
  const paths: Record<string, Record<string, Operation>> = JSON.parse(documentText).paths;
  return paths[route.path]?.[route.method.toLowerCase()];
}

test('every reference has a target', () => {
  const references = new Set(
    [...documentText.matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map((match) => match[1]),
  );
  expect(references.size).toBeGreaterThan(30);
  const { components } = JSON.parse(documentText);
  for (const reference of references) {
    const [group = '', name = ''] = reference?.split('/') ?? [];
    expect(components[group]?.[name], reference).toBeDefined();
  }
  expect(documentText).not.toContain('#/$defs');
});

describe.each(routeRows)('%s', (id, route) => {
  const described = findOperation(route);

  test('is described with its access, parameters and responses', () => {
    expect(described).toMatchObject({ operationId: id, 'x-access': route.access });
    expect(described?.security).toHaveLength(route.access === 'public' ? 0 : 1);
    const inPath = described?.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
    const pathNames = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(inPath.map(({ name }) => name)).toEqual(pathNames);
    expect(Object.keys(described?.responses ?? {})).toContain(String(route.status));
    expect(Object.keys(described?.responses ?? {})).toContain('400');
    expect('requestBody' in (described ?? {})).toBe(route.body !== undefined);
  });
});

test('operation ids are unique', () => {
  const ids = [API, ATTEMPT_API, HOOK_API].flatMap((group) => Object.keys(group));
  expect(new Set(ids).size).toBe(ids.length);
});

test('only the listed routes are public', () => {
  const publicIds = routeRows.filter(([, { access }]) => access === 'public').map(([id]) => id);
  expect(publicIds).toEqual(['openapi', 'health', 'login', 'refresh', 'exchangeSignInCode']);
});
