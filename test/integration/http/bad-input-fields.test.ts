import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { API } from '../../../core/contract/api.ts';
import type { Bearers, RequestOverrides } from '../../support/contract/contract-request.ts';
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

// Sends hostile text in every text field of the contract. Fields with a fixed form (names, ids, paths, enums) must reject the text and
// the error must name the field. Free text must arrive unchanged. Every handler only records its calls.

const SHELL_TEXTS = ['x$(id)', '`id`;reboot', "'; drop table plans; --"];
const OUTSIDE_PATHS = ['../../etc/passwd', '/etc/passwd', 'a\\..\\b'];
const NUL = 'a\0b';
const NAME_WITH_OWNER = 'a/b';
const LONG_TEXT = 'x'.repeat(100_001);
const HOSTILE_TEXTS = [...SHELL_TEXTS, ...OUTSIDE_PATHS, NUL, NAME_WITH_OWNER, LONG_TEXT];

/** Hostile texts by the name of a field with a fixed form in which these texts are valid. */
const GOOD_TEXTS_BY_FIELD: Readonly<Record<string, readonly string[]>> = {
  name: [NAME_WITH_OWNER],
  base: [NAME_WITH_OWNER],
  /** A file may have any name, but a path must stay inside the repository. */
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
  expect(api.recorded.writes).toBe(0);
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
  test('rejects hostile text in a field with a fixed form with 400 and names the field', async () => {
    for (const field of body)
      for (const text of listRefusedTexts(field))
        await expectFieldNamed(row, 'body', field, {
          body: JSON.stringify(field.createValueWith(text)),
        });
  });

  test('passes hostile free text unchanged to the handler', async () => {
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
  test('rejects hostile text in a field with a fixed form with 400 and names the field', async () => {
    for (const field of query)
      for (const text of listRefusedTexts(field))
        await expectFieldNamed(row, 'query', field, { query: createQuery(field, text) });
  });

  test('an enum accepts only its exact values', async () => {
    for (const field of query) {
      const [good = ''] = field.schema.enum ?? [];
      if (good === '') continue;
      for (const text of ['', good.toUpperCase(), ` ${good}`, `${good},${good}`, `${good}\0`])
        await expectFieldNamed(row, 'query', field, { query: createQuery(field, text) });
    }
  });

  test('a cursor reaches the handler, which validates it', async () => {
    for (const field of query)
      for (const text of listAcceptedTexts(field)) {
        const { status } = await sendPart(row, { query: createQuery(field, text) });
        expect(status, text).toBe(409);
        expect(takeReachedCalls()).toMatchObject([{ id: row.id, query: { [field.path]: text } }]);
      }
  });
});

test('every query field has a type that these tests cover', () => {
  for (const { id, route } of CONTRACT_ROWS)
    for (const [name, { type }] of Object.entries(toInputSchema(route.query).properties ?? {}))
      expect(['integer', 'string'], `${name} of ${id}`).toContain(type);
});

test('the contract has cursors, enums, free text and fields with a fixed form to test', () => {
  const cursors = QUERY_ROWS.filter(({ query }) => query.some(({ path }) => path === 'cursor'));
  expect(cursors.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['listPlans', 'listRepositories', 'listTasks', 'planChanges']),
  );
  const fields = BODY_ROWS.flatMap(({ body }) => body);
  expect(fields.filter(hasFixedForm).length).toBeGreaterThan(30);
  expect(fields.filter((field) => !hasFixedForm(field)).length).toBeGreaterThan(30);
});

function sendPart(row: ContractRow, part: RequestOverrides) {
  return sendContractRequest(api, bearers, row, part);
}

async function expectFieldNamed(
  row: ContractRow,
  where: string,
  field: TextField,
  part: RequestOverrides,
) {
  const description = `${row.id} ${field.path} ${JSON.stringify(part).slice(0, 200)}`;
  const { error } = await expectRefusal(sendPart(row, part), [400], description);
  expect(error.message, description).toContain(field.path);
  expect(listIssues(error), description).toContainEqual(
    expect.objectContaining({ in: where, path: field.path }),
  );
}

function takeReachedCalls(): RecordedCall[] {
  return [...reachedCalls.splice(0), ...api.recorded.calls.splice(0)];
}

function createQuery({ path }: TextField, text: string): string {
  return `${path}=${encodeURIComponent(text)}`;
}

/** Returns true if the field accepts only texts of a certain form. */
function hasFixedForm({ schema }: TextField): boolean {
  const { pattern, format, enum: choice, const: constant, refined = false } = schema;
  return refined || [pattern, format, choice, constant].some((rule) => rule !== undefined);
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

/** Looks up the field by its name, or by the name of its list. */
function listGoodTexts({ path }: TextField): readonly string[] {
  const name = path.split('.').findLast((step) => step !== '0') ?? '';
  return GOOD_TEXTS_BY_FIELD[name] ?? [];
}
