import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { API } from '../../core/contract/api.ts';
import {
  type Bearers,
  bearersOf,
  expectRefused,
  issuesOf,
  type RequestPart,
  sendRow,
} from '../support/contract-request.ts';
import { CONTRACT_ROWS, type ContractRow } from '../support/contract-rows.ts';
import { inputSchema, type TextField, textFieldsOf } from '../support/schema-sample.ts';
import { createTestApi, type RecordedCall, recorders, type TestApi } from '../support/test-api.ts';

// Hostile text in every place of a request where the contract has text: a name, an id, a path or a choice refuses it and is
// named; what people and agents write is taken as it is. Every handler is a recorder, so that what passed the gates is seen.

const SHELL = ['x$(id)', '`id`;reboot', "'; drop table plans; --"];
const OUTSIDE = ['../../etc/passwd', '/etc/passwd', 'a\\..\\b'];
const NUL = 'a\0b';
const NAME_WITH_OWNER = 'a/b';
const LONG = 'x'.repeat(100_001);
const HOSTILE = [...SHELL, ...OUTSIDE, NUL, NAME_WITH_OWNER, LONG];

/** What of it is good all the same in a field of this name whose form is fixed. */
const GOOD_IN: Readonly<Record<string, readonly string[]>> = {
  name: [NAME_WITH_OWNER],
  base: [NAME_WITH_OWNER],
  /** Files may be called anything; what leaves the repository is no path of it. */
  scope: [...SHELL, NAME_WITH_OWNER],
  prompt: [...SHELL, ...OUTSIDE, NUL, NAME_WITH_OWNER],
};

let api: TestApi;
let bearers: Bearers;
const reached: RecordedCall[] = [];

beforeAll(async () => {
  api = await createTestApi(recorders(API, reached));
  bearers = await bearersOf(api);
});

afterEach(() => {
  expect(api.seen.writes).toBe(0);
  expect(takeReached()).toEqual([]);
});

const TEXTS = CONTRACT_ROWS.map((row) => ({
  ...row,
  body: textFieldsOf(inputSchema(row.route.body)),
  query: textFieldsOf(inputSchema(row.route.query)),
}));
const BODIES = TEXTS.filter(({ body }) => body.length > 0);
const QUERIES = TEXTS.filter(({ query }) => query.length > 0);

describe.each(BODIES)('the body of $route.method $route.path', ({ body, ...row }) => {
  test('hostile text in a field of a fixed form is 400, and the field is named', async () => {
    for (const field of body)
      for (const text of refusedIn(field))
        await expectNamed(row, 'body', field, { body: JSON.stringify(field.with(text)) });
  });

  test('hostile text where text is free arrives as it was sent', async () => {
    for (const field of body)
      for (const text of takenIn(field)) {
        const value = field.with(text);
        const { status, text: answer } = await send(row, { body: JSON.stringify(value) });
        expect(status, `${field.path} ${text.slice(0, 40)}: ${answer}`).toBe(409);
        const [call] = takeReached();
        expect(call?.id).toBe(row.id);
        expect(call?.body).toMatchObject(Object(value));
      }
  });
});

describe.each(QUERIES)('the query of $route.method $route.path', ({ query, ...row }) => {
  test('hostile text in a field of a fixed form is 400, and the field is named', async () => {
    for (const field of query)
      for (const text of refusedIn(field))
        await expectNamed(row, 'query', field, { query: queryOf(field, text) });
  });

  test('a choice is taken as it is written and in no other way', async () => {
    for (const field of query) {
      const [good = ''] = field.schema.enum ?? [];
      if (good === '') continue;
      for (const text of ['', good.toUpperCase(), ` ${good}`, `${good},${good}`, `${good}\0`])
        await expectNamed(row, 'query', field, { query: queryOf(field, text) });
    }
  });

  test('a cursor is for the handler to judge', async () => {
    for (const field of query)
      for (const text of takenIn(field)) {
        const { status } = await send(row, { query: queryOf(field, text) });
        expect(status, text).toBe(409);
        expect(takeReached()).toMatchObject([{ id: row.id, query: { [field.path]: text } }]);
      }
  });
});

test('every field of a query is of a type that is tested', () => {
  for (const { id, route } of CONTRACT_ROWS)
    for (const [name, { type }] of Object.entries(inputSchema(route.query).properties ?? {}))
      expect(['integer', 'string'], `${name} of ${id}`).toContain(type);
});

test('there are lists with cursors, choices and fields of every kind to test', () => {
  const cursors = QUERIES.filter(({ query }) => query.some(({ path }) => path === 'cursor'));
  expect(cursors.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['listPlans', 'listRepositories', 'listTasks', 'planChanges']),
  );
  const fields = BODIES.flatMap(({ body }) => body);
  expect(fields.filter(isFixed).length).toBeGreaterThan(30);
  expect(fields.filter((field) => !isFixed(field)).length).toBeGreaterThan(30);
});

function send(row: ContractRow, part: RequestPart) {
  return sendRow(api, bearers, row, part);
}

async function expectNamed(row: ContractRow, where: string, field: TextField, part: RequestPart) {
  const what = `${row.id} ${field.path} ${JSON.stringify(part).slice(0, 200)}`;
  const { error } = await expectRefused(send(row, part), [400], what);
  expect(error.message, what).toContain(field.path);
  expect(issuesOf(error), what).toContainEqual(
    expect.objectContaining({ in: where, path: field.path }),
  );
}

function takeReached(): RecordedCall[] {
  return [...reached.splice(0), ...api.seen.calls.splice(0)];
}

function queryOf({ path }: TextField, text: string): string {
  return `${path}=${encodeURIComponent(text)}`;
}

/** Whether not every text will do, however short. */
function isFixed({ schema }: TextField): boolean {
  const { pattern, format, enum: choice, const: only, refined = false } = schema;
  return refined || [pattern, format, choice, only].some((rule) => rule !== undefined);
}

function refusedIn(field: TextField): string[] {
  if (isFixed(field)) return HOSTILE.filter((text) => !goodIn(field).includes(text));
  const { maxLength } = field.schema;
  return maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)];
}

function takenIn(field: TextField): string[] {
  if (isFixed(field)) return [...goodIn(field)];
  const { minLength = 0, maxLength = LONG.length } = field.schema;
  const short = HOSTILE.filter((text) => text !== LONG).map((text) => text.padEnd(minLength, '.'));
  return [...short, 'x'.repeat(maxLength)].filter((text) => text.length <= maxLength);
}

/** By the name of the field, or of the list that it is in. */
function goodIn({ path }: TextField): readonly string[] {
  const name = path.split('.').findLast((step) => step !== '0') ?? '';
  return GOOD_IN[name] ?? [];
}
