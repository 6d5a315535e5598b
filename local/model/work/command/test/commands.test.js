import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { run } from '../src/cli.js';

describe('the commands', () => {
  let folder;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    ledger('add', '2026-03-02', '9', 'food', 'lunch');
    ledger('add', '2026-03-03', '28', 'bus');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs a command and returns the printed lines, including warnings. */
  function ledger(...args) {
    const lines = [];
    const path = join(folder, 'expenses.ledger');
    const addLine = (line) => lines.push(line);
    run(args, { path, print: addLine, warn: addLine });
    return lines;
  }

  test('report prints the expenses of each month by category', () => {
    assert.deepEqual(ledger('report', '2026'), [
      '2026-03            37.00',
      '  food              9.00',
      '  transport        28.00',
    ]);
  });

  test('find prints the entries that match a text or a minimum amount', () => {
    assert.deepEqual(ledger('find', '', '10'), ['2026-03-03     28.00  bus']);
    assert.deepEqual(ledger('find', 'LUNCH'), ['2026-03-02      9.00  food        lunch']);
  });

  test('budget prints how much of each budget is spent, and rejects a budget without a limit', () => {
    assert.deepEqual(ledger('budget', '2026-03', 'food=100', 'transport=20'), [
      'food: 9.00 of 100.00, fine',
      'transport: 28.00 of 20.00, exceeded',
    ]);
    assert.deepEqual(ledger('budget', '2026-03', 'food'), ['not a budget: food']);
  });

  test('import adds only the entries that the ledger does not contain', () => {
    const file = join(folder, 'bank.csv');
    writeFileSync(file, `${ledger('export').join('\n')}\n2026-03-04,5,food,\n`);

    assert.deepEqual(ledger('import', file), ['1 added, 2 skipped']);
    assert.deepEqual(ledger('total'), ['42.00']);
  });
});
