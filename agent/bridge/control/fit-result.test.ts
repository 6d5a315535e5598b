import { expect, test } from 'vitest';
import type { AttemptResult } from '../../../core/contract/attempt.ts';
import { resultRequestSchema } from '../../../core/contract/attempt.ts';
import { fitResult } from './fit-result.ts';

const SHA = 'a'.repeat(40);

function createResult(
  change: Partial<Extract<AttemptResult, { readonly outcome: 'done' }>>,
): AttemptResult {
  return {
    outcome: 'done',
    commit: SHA,
    evidence: { commit: SHA, root: SHA, green: true, empty: false, results: [], at: 1 },
    summary: '',
    workLog: [],
    changed: [],
    leftOut: [],
    uncommitted: [],
    flagged: [],
    usage: { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 },
    ...change,
  };
}

test('a result within the size limits stays unchanged', () => {
  const small = createResult({
    changed: ['a.ts'],
    flagged: [{ path: 'a.ts', why: 'changes CI', kind: 'ci' }],
  });

  expect(fitResult(small)).toEqual(small);
});

test('a very large result is shortened to about 300 KB and marked as truncated', () => {
  const paths = Array.from({ length: 9_000 }, (_, index) => `${'漢'.repeat(300)}/${index}`);
  const noisyResult = {
    command: ['npm', '計'.repeat(9_000)],
    exitCode: 1,
    durationMs: 1,
    output: `${'\u0001'.repeat(8_000)}the end`,
  };
  const large = createResult({
    summary: '計'.repeat(8_000),
    changed: paths,
    flagged: paths.map((path) => ({ path, why: 'changes CI', kind: 'ci' as const })),
    leftOut: paths.map((path) => ({ path, task: 'other' })),
    workLog: paths.map((path) => path.slice(0, 400)),
    evidence: {
      commit: SHA,
      root: SHA,
      green: false,
      empty: false,
      results: Array.from({ length: 50 }, () => noisyResult),
      at: 1,
    },
  });

  const fitted = resultRequestSchema.parse(fitResult(large));

  expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThan(320_000);
  expect(fitted).toMatchObject({ outcome: 'done', changedTruncated: true });
  expect(fitted.evidence?.results[0]?.output).toMatch(/the end$/);
});

test('the list of conflicting files in a failed result is shortened to about 20 KB', () => {
  const fitted = fitResult({
    outcome: 'failed',
    cause: 'conflict',
    reason: 'the merge has conflicts',
    files: Array.from({ length: 500 }, (_, index) => `${'x'.repeat(4_000)}${index}`),
    leftOut: [],
    usage: { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 },
  });

  expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThan(30_000);
});
