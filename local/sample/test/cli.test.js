import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { run } from '../src/cli.js';

describe('the command line', () => {
  let folder;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs a command and returns {code, lines, warnings}. */
  function ledger(...args) {
    const lines = [];
    const warnings = [];
    const path = join(folder, 'expenses.ledger');
    const code = run(args, {
      path,
      print: (line) => lines.push(line),
      warn: (line) => warnings.push(line),
    });
    return { code, lines, warnings };
  }

  test('list and total include the added entries', () => {
    ledger('add', '2026-03-03', '2.80', 'transport');
    ledger('add', '2026-03-02', '12.50', 'food', 'lunch');

    assert.deepEqual(ledger('list').lines, [
      '2026-03-02     12.50  food        lunch',
      '2026-03-03      2.80  transport',
    ]);
    assert.deepEqual(ledger('total').lines, ['15.30']);
  });

  test('an unknown command prints the usage', () => {
    const { code, warnings } = ledger('spend');

    assert.equal(code, 2);
    assert.match(warnings.join('\n'), /ledger add <date> <amount>/);
  });

  test('an invalid entry is rejected with the reason', () => {
    const { code, warnings } = ledger('add', 'yesterday', '1', 'food');

    assert.equal(code, 1);
    assert.deepEqual(warnings, ['not a date: yesterday']);
  });
});
