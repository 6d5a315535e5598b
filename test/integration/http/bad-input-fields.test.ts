import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { API } from '../../../core/contract/api.ts';
import type { Bearers, RequestPart } from '../../support/contract/contract-request.ts';
import {
  createBearers,
  expectRefusal,
  listIssues,
  sendContractRequest,
} from '../../support/contract/contract-request.ts';
import type { ContractRow } from '../../support/contract/contract-rows.ts';
import { CONTRACT_ROWS } from '../../support/contract/contract-rows.ts';
import type { TextField } from '../../support/contract/schema-sample.ts';
import { listTextFields, toInputSchema } from '../../support/contract/schema-sample.ts';
import type { RecordedCall, TestApi } from '../../support/contract/test-api.ts';
import { createRecorders, createTestApi } from '../../support/contract/test-api.ts';

// Hostile text in every place of a request where the contract has text: a name, an id, a path or a choice refuses it and is
// named; what people and agents write is taken as it is. Every handler is a recorder, so that what passed the gates is seen.

const SHELL_TEXTS = ['x$(id)', '`id`;reboot', "'; drop table plans; --"];
const OUTSIDE_PATHS = ['../../etc/passwd', '/etc/passwd', 'a\\..\\b'];
const NUL = 'a\0b';
const NAME_WITH_OWNER = 'a/b';
const LONG_TEXT = 'x'.repeat(100_001);
const HOSTILE_TEXTS = [...SHELL_TEXTS, ...OUTSIDE_PATHS, NUL, NAME_WITH_OWNER, LONG_TEXT];

/** What of it is good all the same in a field of this name whose form is fixed. */
const GOOD_TEXTS_BY_FIELD: Readonly<Record<string, readonly string[]>> = {
  name: [NAME_WITH_OWNER],
  base: [NAME_WITH_OWNER],
  /** Files may be called anything; what leaves the repository is no path of it. */
  scope: [...SHELL_TEXTS, NAME_WITH_OWNER],
  prompt: [...SHELL_TEXTS, ...OUTSIDE_PATHS, NUL, NAME_WITH_OWNER],
};

let api: TestApi;
let bearers: Bearers;
const reachedCalls: RecordedCall[] = [];

beforeAll(async () => {
  api = await createTestApi(createRecorders(API, reachedCalls));
  bearers = await createBearers(api);
});

afterEach(() => {
  expect(api.seen.writes).toBe(0);
  expect(takeReachedCalls()).toEqual([]);
});

const TEXT_ROWS = CONTRACT_ROWS.map((row) => ({
  ...row,
  body: listTextFields(toInputSchema(row.route.body)),
  query: listTextFields(toInputSchema(row.route.query)),
}));
const BODY_ROWS = TEXT_ROWS.filter(({ body }) => body.length > 0);
const QUERY_ROWS = TEXT_ROWS.filter(({ query }) => query.length > 0);

describe.each(BODY_ROWS)('the body of $route.method $route.path', ({ body, ...row }) => {
  test('hostile text in a field of a fixed form is 400, and the field is named', async () => {
    for (const field of body)
      for (const text of listRefusedTexts(field))
        await expectFieldNamed(row, 'body', field, {
          body: JSON.stringify(field.createValueWith(text)),
        });
  });

  test('hostile text where text is free arrives as it was sent', async () => {
    for (const field of body)
      for (const text of listAcceptedTexts(field)) {
        const value = field.createValueWith(text);
        const { status, text: answer } = await sendPart(row, { body: JSON.stringify(value) });
        expect(status, `${field.path} ${text.slice(0, 40)}: ${answer}`).toBe(409);
        const [call] = takeReachedCalls();
        expect(call?.id).toBe(row.id);
        expect(call?.body).toMatchObject(Object(value));
      }
  });
});

describe.each(QUERY_ROWS)('the query of $route.method $route.path', ({ query, ...row }) => {
  test('hostile text in a field of a fixed form is 400, and the field is named', async () => {
    for (const field of query)
      for (const text of listRefusedTexts(field))
        await expectFieldNamed(row, 'query', field, { query: createQuery(field, text) });
  });

  test('a choice is taken as it is written and in no other way', async () => {
    for (const field of query) {
      const [good = ''] = field.schema.enum ?? [];
      if (good === '') continue;
      for (const text of ['', good.toUpperCase(), ` ${good}`, `${good},${good}`, `${good}\0`])
        await expectFieldNamed(row, 'query', field, { query: createQuery(field, text) });
    }
  });

  test('a cursor is for the handler to judge', async () => {
    for (const field of query)
      for (const text of listAcceptedTexts(field)) {
        const { status } = await sendPart(row, { query: createQuery(field, text) });
        expect(status, text).toBe(409);
        expect(takeReachedCalls()).toMatchObject([{ id: row.id, query: { [field.path]: text } }]);
      }
  });
});

test('every field of a query is of a type that is tested', () => {
  for (const { id, route } of CONTRACT_ROWS)
    for (const [name, { type }] of Object.entries(toInputSchema(route.query).properties ?? {}))
      expect(['integer', 'string'], `${name} of ${id}`).toContain(type);
});

test('there are lists with cursors, choices and fields of every kind to test', () => {
  const cursors = QUERY_ROWS.filter(({ query }) => query.some(({ path }) => path === 'cursor'));
  expect(cursors.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['listPlans', 'listRepositories', 'listTasks', 'planChanges']),
  );
  const fields = BODY_ROWS.flatMap(({ body }) => body);
  expect(fields.filter(hasFixedForm).length).toBeGreaterThan(30);
  expect(fields.filter((field) => !hasFixedForm(field)).length).toBeGreaterThan(30);
});

function sendPart(row: ContractRow, part: RequestPart) {
  return sendContractRequest(api, bearers, row, part);
}

async function expectFieldNamed(
  row: ContractRow,
  where: string,
  field: TextField,
  part: RequestPart,
) {
  const what = `${row.id} ${field.path} ${JSON.stringify(part).slice(0, 200)}`;
  const { error } = await expectRefusal(sendPart(row, part), [400], what);
  expect(error.message, what).toContain(field.path);
  expect(listIssues(error), what).toContainEqual(
    expect.objectContaining({ in: where, path: field.path }),
  );
}

function takeReachedCalls(): RecordedCall[] {
  return [...reachedCalls.splice(0), ...api.seen.calls.splice(0)];
}

function createQuery({ path }: TextField, text: string): string {
  return `${path}=${encodeURIComponent(text)}`;
}

/** Whether not every text will do, however short. */
function hasFixedForm({ schema }: TextField): boolean {
  const { pattern, format, enum: choice, const: only, refined = false } = schema;
  return refined || [pattern, format, choice, only].some((rule) => rule !== undefined);
}

function listRefusedTexts(field: TextField): string[] {
  if (hasFixedForm(field))
    return HOSTILE_TEXTS.filter((text) => !listGoodTexts(field).includes(text));
  const { maxLength } = field.schema;
  return maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)];
}

function listAcceptedTexts(field: TextField): string[] {
  if (hasFixedForm(field)) return [...listGoodTexts(field)];
  const { minLength = 0, maxLength = LONG_TEXT.length } = field.schema;
  const short = HOSTILE_TEXTS.filter((text) => text !== LONG_TEXT).map((text) =>
    text.padEnd(minLength, '.'),
  );
  return [...short, 'x'.repeat(maxLength)].filter((text) => text.length <= maxLength);
}

/** By the name of the field, or of the list that it is in. */
function listGoodTexts({ path }: TextField): readonly string[] {
  const name = path.split('.').findLast((step) => step !== '0') ?? '';
  return GOOD_TEXTS_BY_FIELD[name] ?? [];
}
