import { describe, expect, test } from 'vitest';
import { AppError } from '../core/base/app-error.ts';
import { createChildLog, createLog } from './log.ts';

function writeLogLine(fields: Record<string, unknown>, secrets: readonly string[] = []) {
  const lines: string[] = [];
  createLog({ write: (line) => lines.push(line), now: () => 0, secrets }).info('message', fields);
  const [line = ''] = lines;
  return { line, fields: JSON.parse(line) };
}

test('writes one JSON object with its fields per line', () => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line), now: () => 0, fields: { a: 1 } });
  createChildLog(log, { b: 2 }).warn('two\nlines', { c: 3n, d: new Set([4]), e: undefined });
  expect(lines).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"two\\nlines","a":1,"b":2,"c":"3","d":[4]}',
  ]);
});

test('writes no line below the configured level', () => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line), now: () => 0, level: 'warn' });
  log.info('no');
  log.warn('yes');
  log.error('yes');
  expect(lines).toHaveLength(2);
});

describe('redaction', () => {
  test.each([
    { Authorization: 'Bearer abc' },
    { headers: { authorization: 'x', 'x-api-key': 'x', cookie: 'x' } },
    { password: 'x', adminPassword: 'x', AUTH_SECRETS: ['x', 'y'] },
    { token: 'x', apiKey: 'x', key: 'x', privateKey: 'x', credentials: { git: { user: 'x' } } },
  ])('redacts values of fields whose name indicates a secret: %j', (fields) => {
    expect(writeLogLine(fields).line).not.toMatch(/:"(x|y|Bearer abc)"/);
  });

  test.each([
    `curl -H "Authorization: Bearer ${'a1'.repeat(20)}"`,
    `sgt_${'a1'.repeat(20)}`,
    `ghp_${'a1'.repeat(20)}`,
    `github_pat_${'a1'.repeat(20)}`,
    `sk-proj-${'a1'.repeat(20)}`,
    `eyJhbGciOi${'a1'.repeat(20)}.eyJ${'a1'.repeat(20)}.${'a1'.repeat(20)}`,
    `https://user:${'a1'.repeat(20)}@example.org/x.git`,
    `-----BEGIN RSA PRIVATE KEY-----\n${'a1'.repeat(20)}\n-----END RSA PRIVATE KEY-----`,
  ])('redacts text that looks like a secret: %s', (text) => {
    const error = new Error(text, { cause: { deep: [text] } });
    const { line } = writeLogLine({ note: `it was ${text} then`, error });
    expect(line).not.toContain('a1a1');
    expect(line).toContain('[redacted]');
  });

  test('redacts a known secret everywhere, even in a field name', () => {
    const { line } = writeLogLine({ text: 'it is hunter22 now', hunter22: 1 }, ['hunter22', 'is']);
    expect(line).not.toContain('hunter22');
    expect(line).toContain('it is [redacted] now');
  });

  test('leaves counts and ordinary words unchanged', () => {
    const fields = { inputTokens: 12, maxTokens: 5, text: 'the bearer of news, basic facts' };
    expect(writeLogLine(fields).fields).toMatchObject(fields);
  });
});

test('logs an AppError with its code, details and cause', () => {
  const cause = new TypeError('inner');
  const error = new AppError('refused', 'rule', 'no', { details: { rule: 'x' }, cause });
  expect(writeLogLine({ error }).fields.error).toMatchObject({
    name: 'AppError',
    kind: 'refused',
    code: 'rule',
    message: 'no',
    details: { rule: 'x' },
    cause: { name: 'TypeError', message: 'inner' },
  });
});

test('bounds circular, deep and huge values', () => {
  const circular: Record<string, unknown> = { name: 'c' };
  circular.self = circular;
  const fields = { circular, long: 'x'.repeat(1e6), many: Array.from({ length: 1e5 }, () => 1) };
  expect(writeLogLine(fields).line.length).toBeLessThan(10_000);
  expect(writeLogLine({ bytes: Buffer.from('secret'), when: new Date(NaN) }).fields).toMatchObject({
    bytes: '6 bytes',
    when: null,
  });
});
