import { describe, expect, test } from 'vitest';
import { selectPodMembers } from './pod-member.ts';
import type { ProcessRow } from './process-row.ts';
import { parsePsLine, parseStat } from './process-row.ts';

const SELF_PID = 50;

function makeRow(pid: number, parent: number, change: Partial<ProcessRow> = {}): ProcessRow {
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

const shellRow = makeRow(40, 1);
const selfRow = makeRow(SELF_PID, 40);
const bridgeRow = makeRow(100, SELF_PID);

/** Treats `markedPids` as the processes whose environment or working directory identifies the pod. */
function listMemberPids(rows: readonly ProcessRow[], markedPids: readonly number[] = []): number[] {
  const bridge = { pid: 100, startTime: 't100' };
  const isMarked = (row: ProcessRow) => markedPids.includes(row.pid);
  return selectPodMembers(rows, bridge, isMarked, SELF_PID).map((member) => member.pid);
}

describe('selectPodMembers', () => {
  test('finds the processes in the group or session of the bridge, and all their descendants', () => {
    const inGroup = makeRow(101, 1, { group: 100 });
    const inSession = makeRow(102, 1, { session: 100 });
    const child = makeRow(103, 100);
    const grandchild = makeRow(104, 103);
    const unrelated = makeRow(105, 40);

    const rows = [grandchild, shellRow, selfRow, bridgeRow, inGroup, inSession, child, unrelated];

    expect(listMemberPids(rows).sort()).toEqual([100, 101, 102, 103, 104]);
  });

  test('finds processes that carry a marker of the pod, and their descendants, after the bridge has died', () => {
    expect(listMemberPids([selfRow, makeRow(201, 1), makeRow(202, 201)], [201])).toEqual([
      201, 202,
    ]);
  });

  test('finds no process if a later process has reused the pid of the bridge', () => {
    const reused = makeRow(100, 1, { startTime: 'later' });

    expect(
      listMemberPids([selfRow, reused, makeRow(101, 100), makeRow(102, 1, { group: 100 })]),
    ).toEqual([]);
  });

  test('never finds the launcher, its ancestors or zombies', () => {
    const zombie = makeRow(101, 100, { isZombie: true });

    expect(listMemberPids([shellRow, selfRow, bridgeRow, zombie], [40, SELF_PID])).toEqual([100]);
  });
});

describe('reading the process table', () => {
  test('parses /proc/<pid>/stat of a program with parentheses in its name', () => {
    const fields = Array.from({ length: 50 }, (_, index) => String(index + 3));
    fields[0] = 'S';

    const parsed = parseStat(`77 (a (strange) name) ${fields.join(' ')}`);

    expect(parsed).toMatchObject({ pid: 77, parent: 4, group: 5, session: 6, hasTerminal: true });
    expect(parsed.startTime).toMatch(/:22$/);
  });

  test('parses a line of ps with its start date', () => {
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
