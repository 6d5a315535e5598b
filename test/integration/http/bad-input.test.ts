import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Route } from '../../../core/contract/routes/route.ts';
import type { Bearers, RequestOverrides } from '../../support/contract/contract-request.ts';
import {
  createBearers,
  expectRefusal,
  listIssues,
  sendContractRequest,
} from '../../support/contract/contract-request.ts';
import type { ContractRow } from '../../support/contract/contract-rows.ts';
import {
  CONTRACT_ROWS,
  findContractRow,
  renderPath,
} from '../../support/contract/contract-rows.ts';
import { toInputSchema } from '../../support/contract/schema-sample.ts';
import type { TestApi } from '../../support/contract/test-api.ts';
import { createTestApi, GROUPS, signWebhook } from '../../support/contract/test-api.ts';

// Sends invalid requests to every route of the contract. The response must explain the error, no handler must run, and the table must
// stay unchanged. The routes come from the contract, so that a new route is tested automatically.

const OTHER_ATTEMPT = 'p3k9m2x7abc.r1.add-login.3';
const HOSTILE_TEXTS = [
  'x$(id)',
  'x%24%28id%29',
  '`id`',
  '..',
  '.',
  '%2e%2e',
  '..%2f..%2fetc',
  'a%2Fb',
  'a/b',
  'a\\b',
  '%00',
  '\0',
  'a%0aSet-Cookie:x',
  '%E0%A4%A',
  '%ff',
  'é',
  '\ud800',
  'a?limit=1',
  'a#b',
  'a b',
  '__proto__',
  '<script>',
  `${'x'.repeat(5_000)}`,
];
/** An impossible byte alone and in a string, a truncated character, half a surrogate pair, and an overlong encoding. */
const INVALID_UTF8 = [
  Buffer.from([0xff]),
  Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]),
  Buffer.from([0x22, 0xe2, 0x82, 0x22]),
  Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
];
const METHODS_WITHOUT_BODY = ['GET', 'DELETE'];

let api: TestApi;
let bearers: Bearers;

beforeAll(async () => {
  api = await createTestApi();
  bearers = await createBearers(api);
});

afterEach(() => {
  const { writes } = api.recorded;
  api.recorded.writes = 0;
  const reached = api.recorded.calls.splice(0);
  const errors = api.recorded.logLines.splice(0).filter((line) => line.includes('"level":"error"'));
  expect({ writes, reached, errors }).toEqual({ writes: 0, reached: [], errors: [] });
});

function sendPart(row: ContractRow, part?: RequestOverrides) {
  return sendContractRequest(api, bearers, row, part);
}

describe.each(CONTRACT_ROWS)('$route.method $route.path', (row) => {
  const { route } = row;
  const { method, access } = route;

  test('rejects a method that the path does not support with 405 and names the allowed methods', async () => {
    const allowed = Object.values(GROUPS[row.group])
      .filter((other: Route) => other.path === route.path)
      .map((other: Route) => other.method);
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
    for (const wrong of methods.filter(
      (candidate) => !allowed.some((other) => other === candidate),
    )) {
      const { headers } = await expectRefusal(sendPart(row, { method: wrong }), [405], wrong);
      expect(String(headers.allow).split(', ').toSorted()).toEqual(allowed.toSorted());
    }
    for (const malformed of ['TRACE', 'CONNECT', 'G T', '', 'POST\r\nx: y'])
      await expectRefusal(sendPart(row, { method: malformed }), [400, 405], malformed);
  });

  test('rejects a path with another suffix, prefix or case with 404', async () => {
    const path = renderPath(route);
    for (const other of [`${path}/`, `${path}/x/y/z`, `/${path}`, path.toUpperCase(), `/v2${path}`])
      await expectRefusal(sendPart(row, { path: other }), [404], other);
  });

  if (access !== 'public')
    test('rejects a missing, malformed, expired or wrong credential with 401', async () => {
      const expiredAttemptToken = await api.attemptToken(OTHER_ATTEMPT, -1);
      const invalidCredentials = [
        '',
        'x',
        'Basic eA==',
        'Bearer',
        'Bearer x',
        'Bearer sgt_x',
        'Bearer a.b.c',
      ];
      const credentialOfWrongKind = access === 'attempt' ? api.sessions.admin : bearers.attempt;
      const withoutAuthorization: Record<string, string> = {};
      const authorizations = [
        ...invalidCredentials,
        `Bearer ${credentialOfWrongKind}`,
        `Bearer ${expiredAttemptToken}`,
      ];
      const headers = authorizations.map((authorization) => ({ authorization }));
      for (const credential of [withoutAuthorization, ...headers]) {
        const signatureHeader: Record<string, string> =
          access === 'signature' ? { 'x-hub-signature-256': signWebhook('other') } : {};
        const input = {
          method,
          path: renderPath(route),
          headers: { ...credential, ...signatureHeader },
        };
        const answer = await expectRefusal(
          api.send(row.group, input),
          [401],
          JSON.stringify(credential),
        );
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      }
    });

  if (access === 'operator' || access === 'admin')
    test('rejects a user with a lower role with 403', async () => {
      const lowerRoles =
        access === 'admin' ? (['viewer', 'operator'] as const) : (['viewer'] as const);
      for (const role of lowerRoles) {
        const headers = { authorization: `Bearer ${api.sessions[role]}` };
        const { error } = await expectRefusal(sendPart(row, { headers }), [403], role);
        expect(error.message).toContain(access);
        expect(error.details).toEqual({ needs: access, has: role });
      }
    });

  if (access === 'attempt')
    test('rejects the token of another attempt with 403', async () => {
      const headers = { authorization: `Bearer ${await api.attemptToken(OTHER_ATTEMPT)}` };
      await expectRefusal(sendPart(row, { headers }), [403], OTHER_ATTEMPT);
    });

  if (access === 'signature')
    test('rejects a body whose signature is wrong with 401', async () => {
      const headers = { 'x-hub-signature-256': signWebhook('{}') };
      await expectRefusal(sendPart(row, { body: '{"a":1}', headers }), [401], 'other body');
      await expectRefusal(
        sendPart(row, { body: '{}', headers: { 'x-hub-signature-256': 'sha256=' } }),
        [401],
        'empty signature',
      );
    });

  if (route.params !== undefined)
    test('rejects a hostile path parameter with 400 or 404', async () => {
      for (const name of Object.keys(route.params?.shape ?? {})) {
        for (const value of HOSTILE_TEXTS) {
          const path = renderPath(route, { [name]: value });
          await expectRefusal(sendPart(row, { path }), [400, 404], path);
        }
      }
    });

  test('rejects an unknown, repeated or malformed query parameter with 400', async () => {
    const { error } = await expectRefusal(sendPart(row, { query: 'nope=1' }), [400], 'unknown');
    expect(listIssues(error)).toMatchObject([{ in: 'query', path: 'nope' }]);
    for (const [name, field] of Object.entries(route.query?.shape ?? {})) {
      await expectRefusal(
        sendPart(row, { query: `${name}=1&${name}=1` }),
        [400],
        `repeated ${name}`,
      );
      const { type } = z.toJSONSchema(field, { io: 'input' });
      if (type !== 'integer') continue;
      for (const wrong of ['abc', '-1', '1.5', '1e99', '%00', 'NaN', '%', '1%26x=2']) {
        const query = `${name}=${wrong}`;
        const answer = await expectRefusal(sendPart(row, { query }), [400], query);
        expect(listIssues(answer.error)[0]).toMatchObject({ in: 'query', path: name });
      }
    }
    await expectRefusal(sendPart(row, { query: `${'x'.repeat(9_000)}=1` }), [400], 'long');
    await expectRefusal(sendPart(row, { query: '__proto__=1' }), [400], '__proto__');
  });

  test('rejects a body that is not a JSON object with 400', async () => {
    for (const body of ['[]', '"x"', 'null', '1', '{', '{"a":}', '{} {}', '\0', '\ufeff[', 'x=1'])
      await expectRefusal(sendPart(row, { body }), [400], body);
  });

  test('rejects JSON that is nested too deeply, has too many entries or is not UTF-8 with 400', async () => {
    const deepJson = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    const { error } = await expectRefusal(sendPart(row, { body: deepJson }), [400], 'deep');
    expect(error.message).toContain('nested deeper than 64');
    const longJson = `[${'0,'.repeat(120_000)}0]`;
    await expectRefusal(sendPart(row, { body: longJson }), [400], 'many entries');
    for (const body of INVALID_UTF8) {
      const answer = await expectRefusal(sendPart(row, { body }), [400], body.toString('hex'));
      expect(answer.error.message).toBe('the request body is not valid UTF-8');
    }
  });

  test('rejects a body above the size limit with 413', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(Math.max(2_000_000, route.maxBytes ?? 0)) });
    const { error } = await expectRefusal(sendPart(row, { body }), [413], 'too large');
    expect(error.details).toMatchObject({ bytes: body.length });
  });

  test('rejects a content type other than JSON with 415', async () => {
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''];
    for (const type of [...types, 'application/json; charset=utf-16', 'application/jsonx']) {
      const headers = { 'content-type': type };
      await expectRefusal(sendPart(row, { body: '{"a":1}', headers }), [415], type);
    }
  });

  if (access !== 'signature')
    test('rejects an unknown field with 400 and names the field', async () => {
      const names = ['nope', '__proto__', 'constructor'];
      for (const name of names) {
        const body = `{"${name}": {"polluted": true}}`;
        const { error } = await expectRefusal(sendPart(row, { body }), [400], name);
        if (!isUnionBody(route)) expect(listIssues(error).map(({ path }) => path)).toContain(name);
      }
    });

  if (hasBody(route))
    test('rejects a field of the wrong type with 400 and names the field', async () => {
      for (const [name, type] of listFields(route)) {
        const wrong = type === 'object' ? 7 : { wrong: true };
        const body = JSON.stringify({ [name]: wrong });
        const { error } = await expectRefusal(sendPart(row, { body }), [400], body);
        if (isUnionBody(route)) continue;
        const paths = listIssues(error).map(({ path }) => path.split('.')[0]);
        expect(paths, body).toContain(name);
      }
    });

  const requiredFields = listRequiredFields(route);
  if (requiredFields.length > 0)
    test('rejects a body without a required field with 400 and names the field', async () => {
      for (const part of [{}, { body: '{}' }]) {
        const { error } = await expectRefusal(sendPart(row, part), [400], 'nothing');
        expect(listIssues(error).map(({ path }) => path)).toEqual(
          expect.arrayContaining(requiredFields),
        );
      }
    });

  if (isUnionBody(route))
    test('rejects a body that matches no alternative of a union with 400 and names a field of the union', async () => {
      const fields = listFields(route).map(([name]) => name);
      for (const part of [{}, { body: '{}' }]) {
        const { error } = await expectRefusal(sendPart(row, part), [400], 'nothing');
        expect(listIssues(error)).toHaveLength(1);
        expect(fields).toContain(listIssues(error)[0]?.path);
      }
    });

  if (route.idempotent === true)
    test('rejects a hostile Idempotency-Key with 400', async () => {
      for (const key of [' ', 'x'.repeat(201), 'a b', 'é'])
        await expectRefusal(
          sendPart(row, { body: '{}', headers: { 'idempotency-key': key } }),
          [400],
          key,
        );
    });

  test('rejects a malformed header with 400', async () => {
    for (const [name, value] of [
      ['x\nbad', 'x'],
      ['x-bad', 'x\ny'],
      ['x-bad', '\0'],
    ] as const)
      await expectRefusal(sendPart(row, { headers: { [name]: value } }), [400], name + value);
  });
});

test('rejects a prompt of 2 MB with 400 and names the limit', async () => {
  const row = findContractRow('createPlan');
  const body = { prompt: 'x'.repeat(2_000_000), repositories: [{ name: 'a/b' }] };
  const { error } = await expectRefusal(
    sendPart(row, { body: JSON.stringify(body) }),
    [400],
    '2 MB',
  );
  expect(listIssues(error)).toEqual([
    { in: 'body', path: 'prompt', message: expect.stringContaining('100000') },
  ]);
});

test('rejects an unknown path with 404', async () => {
  const row = findContractRow('health');
  for (const path of ['/', '', '/v1', '/v1/', '/v1/nothing', '/.env', '//', '/v1/plans//graph'])
    await expectRefusal(sendPart(row, { path }), [404], path);
});

function hasBody(route: Route): boolean {
  return !METHODS_WITHOUT_BODY.includes(route.method) && listFields(route).length > 0;
}

/**
 * Returns true if the body is a union of alternatives. The errors then name fields of the alternative that the validator picks, so the
 * tests do not check the fields.
 */
function isUnionBody(route: Route): boolean {
  const { anyOf, oneOf } = toInputSchema(route.body);
  return anyOf !== undefined || oneOf !== undefined;
}

function listFields(route: Route): [string, string | undefined][] {
  const { properties, anyOf = [], oneOf = [] } = toInputSchema(route.body);
  const propertySets = [
    properties,
    ...[...anyOf, ...oneOf].map((alternative) => alternative.properties),
  ];
  const fields = new Map(propertySets.flatMap((set) => Object.entries(set ?? {})));
  return [...fields].map(([name, { type }]) => [name, type]);
}

function listRequiredFields(route: Route): string[] {
  return isUnionBody(route) ? [] : [...(toInputSchema(route.body).required ?? [])];
}
