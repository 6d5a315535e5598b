import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { API } from '../../../core/contract/api.ts';
import { stripControls } from '../../../core/contract/text.ts';
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

// Sends hostile text in every text field of the contract. A field with a fixed form (such as a name, an id or a path) must reject the
// text, and the error must name the field. Free text must reach the handler, without control characters if agents or a forge get the text,
// and otherwise unchanged. The handlers only record their calls.

const SHELL_TEXTS = ['x$(id)', '`id`;reboot', "'; drop table plans; --"];
const OUTSIDE_PATHS = ['../../etc/passwd', '/etc/passwd', 'a\\..\\b'];
const NUL = 'a\0b';
const NAME_WITH_OWNER = 'a/b';
const LONG_TEXT = 'x'.repeat(100_001);
const HOSTILE_TEXTS = [...SHELL_TEXTS, ...OUTSIDE_PATHS, NUL, NAME_WITH_OWNER, LONG_TEXT];

/** By name of a field with a fixed form: hostile texts that are nevertheless valid in the field. */
const VALID_TEXTS_BY_FIELD: Readonly<Record<string, readonly string[]>> = {
  name: [NAME_WITH_OWNER],
  repo: [NAME_WITH_OWNER],
  /** Git allows these characters in the name of a branch; printed commands quote the name. */
  base: [...SHELL_TEXTS.filter((text) => !text.includes(' ')), NAME_WITH_OWNER],
  /** A path may contain any characters, but must stay inside the repository. */
  scope: [...SHELL_TEXTS, NAME_WITH_OWNER],
  prompt: [...SHELL_TEXTS, ...OUTSIDE_PATHS, NUL, NAME_WITH_OWNER],
};

/** Names of the text fields whose control characters are removed. */
const CLEANED_FIELDS = new Set(
  'addCriteria criteria default description note options prompt reason text title'.split(' '),
);
/** Requests in which a bridge reports texts of an agent unchanged. */
const UNCHANGED_REPORTS = new Set(['result', 'transcript']);

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
        await expectRefusalNamesField(row, 'body', field, {
          body: JSON.stringify(field.createValueWith(text)),
        });
  });

  test('passes hostile free text to the handler, cleaned of control characters where agents get it', async () => {
    for (const field of body)
      for (const text of listAcceptedTexts(field)) {
        const value = field.createValueWith(text);
        const { status, text: answer } = await sendPart(row, { body: JSON.stringify(value) });
        expect(status, `${field.path} ${text.slice(0, 40)}: ${answer}`).toBe(409);
        const [call] = takeReachedCalls();
        expect(call?.id).toBe(row.id);
        const passedText = isCleaned(row.id, field) ? stripControls(text) : text;
        expect(call?.body).toMatchObject(Object(field.createValueWith(passedText)));
      }
  });
});

describe.each(QUERY_ROWS)('the query of $route.method $route.path', ({ query, ...row }) => {
  test('rejects hostile text in a field with a fixed form with 400 and names the field', async () => {
    for (const field of query)
      for (const text of listRefusedTexts(field))
        await expectRefusalNamesField(row, 'query', field, { query: createQuery(field, text) });
  });

  test('rejects a text that differs from the values of an enum, with 400, and names the field', async () => {
    for (const field of query) {
      const [valid = ''] = field.schema.enum ?? [];
      if (valid === '') continue;
      for (const text of ['', valid.toUpperCase(), ` ${valid}`, `${valid},${valid}`, `${valid}\0`])
        await expectRefusalNamesField(row, 'query', field, { query: createQuery(field, text) });
    }
  });

  test('passes a hostile cursor unchanged to the handler', async () => {
    for (const field of query)
      for (const text of listAcceptedTexts(field)) {
        const { status } = await sendPart(row, { query: createQuery(field, text) });
        expect(status, text).toBe(409);
        expect(takeReachedCalls()).toMatchObject([{ id: row.id, query: { [field.path]: text } }]);
      }
  });
});

test('every query field is an integer or a string, the types that these tests cover', () => {
  for (const { id, route } of CONTRACT_ROWS)
    for (const [name, { type }] of Object.entries(toInputSchema(route.query).properties ?? {}))
      expect(['integer', 'string'], `${name} of ${id}`).toContain(type);
});

test('the tests above cover cursors, free text and fields with a fixed form', () => {
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

async function expectRefusalNamesField(
  row: ContractRow,
  location: string,
  field: TextField,
  part: RequestOverrides,
) {
  const description = `${row.id} ${field.path} ${JSON.stringify(part).slice(0, 200)}`;
  const { error } = await expectRefusal(sendPart(row, part), [400], description);
  expect(error.message, description).toContain(field.path);
  expect(listIssues(error), description).toContainEqual(
    expect.objectContaining({ in: location, path: field.path }),
  );
}

function takeReachedCalls(): RecordedCall[] {
  return [...reachedCalls.splice(0), ...api.recorded.calls.splice(0)];
}

function createQuery({ path }: TextField, text: string): string {
  return `${path}=${encodeURIComponent(text)}`;
}

/** Returns true if the field accepts only texts of a certain form; `refined`: a check in code restricts the text. */
function hasFixedForm({ schema }: TextField): boolean {
  const { pattern, format, enum: choice, const: constant, refined = false } = schema;
  return refined || [pattern, format, choice, constant].some((rule) => rule !== undefined);
}

function isCleaned(route: string, { path }: TextField): boolean {
  return !UNCHANGED_REPORTS.has(route) && CLEANED_FIELDS.has(readFieldName(path));
}

/** Returns the name of a field; a member of a list (path `scope.0`) has the name of the list. */
function readFieldName(path: string): string {
  return path.split('.').findLast((step) => step !== '0') ?? '';
}

function listRefusedTexts(field: TextField): string[] {
  if (hasFixedForm(field))
    return HOSTILE_TEXTS.filter((text) => !listValidTexts(field).includes(text));
  const { maxLength } = field.schema;
  return maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)];
}

function listAcceptedTexts(field: TextField): string[] {
  if (hasFixedForm(field)) return [...listValidTexts(field)];
  const { minLength = 0, maxLength = LONG_TEXT.length } = field.schema;
  const shortTexts = HOSTILE_TEXTS.filter((text) => text !== LONG_TEXT).map((text) =>
    text.padEnd(minLength, '.'),
  );
  return [...shortTexts, 'x'.repeat(maxLength)].filter((text) => text.length <= maxLength);
}

/** Lists the valid hostile texts of a field. */
function listValidTexts({ path, schema }: TextField): readonly string[] {
  if (schema.enum !== undefined) return [];
  return VALID_TEXTS_BY_FIELD[readFieldName(path)] ?? [];
}
