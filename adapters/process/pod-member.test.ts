import { describe, expect, test } from 'vitest';
import { membersOf } from './pod-member.ts';
import { type ProcessRow, parsePsLine, parseStat } from './process-row.ts';

const SELF = 50;

function row(pid: number, parent: number, change: Partial<ProcessRow> = {}): ProcessRow {
  return {
    pid,
    parent,
    group: pid,
    session: pid,
    isZombie: false,
    hasTerminal: false,
    startTime: `t${pid}`,
    ...change,
  };
}

const shell = row(40, 1);
const self = row(SELF, 40);
const bridge = row(100, SELF);

function pidsOf(rows: readonly ProcessRow[], marked: readonly number[] = []): number[] {
  const identity = { pid: 100, startTime: 't100' };
  const isMarked = (each: ProcessRow) => marked.includes(each.pid);
  return membersOf(rows, identity, isMarked, SELF).map((member) => member.pid);
}

describe('the members of a pod', () => {
  test('are its group, its session and all descendants', () => {
    const inGroup = row(101, 1, { group: 100 });
    const inSession = row(102, 1, { session: 100 });
    const child = row(103, 100);
    const grandchild = row(104, 103);
    const stranger = row(105, 40);

    const rows = [grandchild, shell, self, bridge, inGroup, inSession, child, stranger];

    expect(pidsOf(rows).sort()).toEqual([100, 101, 102, 103, 104]);
  });

  test('are what is marked, with its descendants, when the bridge is long dead', () => {
    expect(pidsOf([self, row(201, 1), row(202, 201)], [201])).toEqual([201, 202]);
  });

  test('are nobody when another process has the number now', () => {
    const other = row(100, 1, { startTime: 'later' });

    expect(pidsOf([self, other, row(101, 100), row(102, 1, { group: 100 })])).toEqual([]);
  });

  test('are never the launcher or what it runs in, nor the dead', () => {
    const zombie = row(101, 100, { isZombie: true });

    expect(pidsOf([shell, self, bridge, zombie], [40, SELF])).toEqual([100]);
  });
});

describe('a line of the process table', () => {
  test('of /proc is read also when the name has parentheses', () => {
    const fields = Array.from({ length: 50 }, (_, index) => String(index + 3));
    fields[0] = 'S';

    const parsed = parseStat(`77 (a (strange) name) ${fields.join(' ')}`);

    expect(parsed).toMatchObject({ pid: 77, parent: 4, group: 5, session: 6, hasTerminal: true });
    expect(parsed.startTime).toMatch(/:22$/);
  });

  test('of ps is read with its date', () => {
    expect(parsePsLine('  501     1   501 Ss   ??   Mon Jul  6 10:00:00 2026  ')).toEqual([
      {
        pid: 501,
        parent: 1,
        group: 501,
        session: 501,
        isZombie: false,
        hasTerminal: false,
        startTime: 'Mon Jul  6 10:00:00 2026',
      },
    ]);
  });
});
