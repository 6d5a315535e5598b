import { expect, test } from 'vitest';
import { z } from 'zod';
import { isAppError } from '../../core/base/app-error.ts';
import { API } from '../../core/contract/api.ts';
import { createInvalidRequestError, validateInput } from './validate-input.ts';

function listBodyIssues(schema: z.ZodType, value: unknown) {
  try {
    validateInput('body', schema, value);
  } catch (error) {
    if (isAppError(error, 'invalid', 'invalid_request')) return error.details.issues;
    throw error;
  }
  return [];
}

test('reports missing, wrong and unknown fields with their location', () => {
  const schema = z.object({ a: z.object({ b: z.array(z.number()) }), c: z.string() }).strict();
  expect(listBodyIssues(schema, { a: { b: [1, 'x'] }, d: 1, e: 2 })).toEqual([
    { in: 'body', path: 'a.b.1', message: 'Invalid input: expected number, received string' },
    { in: 'body', path: 'c', message: 'is missing' },
    { in: 'body', path: 'd', message: 'is not a known field' },
    { in: 'body', path: 'e', message: 'is not a known field' },
  ]);
});

test('for a value that matches no alternative of a union, reports the problems with the closest alternative', () => {
  expect(listBodyIssues(API.linkRepository.body, { path: 5 })).toEqual([
    { in: 'body', path: 'path', message: 'Invalid input: expected string, received number' },
  ]);
});

test('lists the allowed values of the field that selects an alternative', () => {
  const body = { revision: 1, edits: [{ op: 'explode' }] };
  expect(listBodyIssues(API.editPlan.body, body)).toMatchObject([
    { path: 'edits.0.op', message: expect.stringContaining("'add_task'") },
  ]);
});

test('limits the size of the error for a huge input', () => {
  const huge = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, index) => [`${index}${'x'.repeat(5_000)}`, 1]),
  );
  const issues = listBodyIssues(API.createPlan.body, { ...huge, prompt: 'x'.repeat(200_000) });
  expect(JSON.stringify(issues).length).toBeLessThan(10_000);
});

test('the error message names the part of the request if the problem is not in a field', () => {
  const issue = { in: 'body', path: '', message: 'is not valid UTF-8' } as const;
  expect(createInvalidRequestError([issue]).message).toBe('the request body is not valid UTF-8');
  expect(() => validateInput('body', API.createPlan.body, [])).toThrow(
    'the request body: Invalid input: expected object, received array',
  );
});

test('the error message names the first problem and the number of further problems', () => {
  expect(() => validateInput('query', API.listPlans.query, { limit: 'x', cursor: 1 })).toThrow(
    /^limit: .* \(and 1 more\)$/,
  );
});
