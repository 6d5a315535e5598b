import { describe, expect, test } from 'vitest';
import type { ProcessEntry } from './find-processes.ts';
import { parsePsLine, parseStat, selectWithDescendants } from './find-processes.ts';

function makeEntry(pid: number, parent: number, change: Partial<ProcessEntry> = {}): ProcessEntry {
  const ids = { pid, parent, group: pid, session: pid };
  return { ...ids, isZombie: false, hasTerminal: false, ...change };
}

describe('selectWithDescendants', () => {
  const isSelected = ({ pid }: ProcessEntry) => pid === 20;

  test('selects the descendants of a selected process in any order', () => {
    const entries = [makeEntry(40, 30), makeEntry(30, 20), makeEntry(20, 1), makeEntry(50, 1)];

    expect(selectWithDescendants(entries, isSelected, new Set())).toEqual([40, 30, 20]);
  });

  test('selects neither an excluded process nor the descendants of that process', () => {
    const entries = [makeEntry(20, 1), makeEntry(30, 20), makeEntry(40, 30)];

    expect(selectWithDescendants(entries, isSelected, new Set([30]))).toEqual([20]);
    expect(selectWithDescendants(entries, isSelected, new Set([20]))).toEqual([]);
  });

  test('selects the children of a zombie, but not the zombie', () => {
    const entries = [makeEntry(20, 1, { isZombie: true }), makeEntry(30, 20)];

    expect(selectWithDescendants(entries, isSelected, new Set())).toEqual([30]);
  });
});

test('parseStat reads a program name that contains parentheses and spaces', () => {
  const stat = '71 (a) b (c) S 12 71 70 34816 71 4194560 5';

  expect(parseStat(stat)).toEqual([makeEntry(71, 12, { session: 70, hasTerminal: true })]);
  expect(parseStat('')).toEqual([]);
});

test('parsePsLine reads the columns of macOS', () => {
  expect(parsePsLine('  71    12    70 Z    ??')).toEqual([
    makeEntry(71, 12, { group: 70, session: 70, isZombie: true }),
  ]);
  expect(parsePsLine('')).toEqual([]);
});
