import { expect, test } from 'vitest';
import type { FaultKind } from '../faults.ts';
import { createCoverage } from './coverage.ts';
import {
  createHandlerRecord,
  recordFault,
  recordRead,
  recordStrike,
  recordTransition,
} from './handler-record.ts';

const CLAIM = { task: 'a', name: 'ready x claimed' };

function createTestHandler() {
  const coverage = createCoverage();
  const record = createHandlerRecord();
  return {
    read: (task: string) => recordRead(record, task),
    fault: (fault: FaultKind) => recordFault(coverage, record, fault),
    strike: (fault: FaultKind, deed: { readonly task?: string; readonly writes?: string } = {}) =>
      recordStrike(coverage, record, deed, fault),
    write: (written = CLAIM, fault?: FaultKind) =>
      recordTransition(coverage, record, written, fault),
    crossed: () => [...coverage.cells],
  };
}

test('counts what struck between the reading of a task and its write', () => {
  const one = createTestHandler();
  one.read('a');
  one.strike('error_before');

  one.write();

  expect(one.crossed()).toEqual([['ready x claimed x error_before', 1]]);
});

test('counts nothing of what struck before the task was read, or at another task', () => {
  const one = createTestHandler();
  one.strike('error_before');
  one.read('a');
  one.read('b');
  one.strike('forge_odd', { task: 'b' });

  one.write();

  expect(one.crossed()).toEqual([]);
});

test('takes what stands still to stand still for all that was read', () => {
  const one = createTestHandler();
  one.read('a');
  one.strike('freeze', { task: 'b' });

  one.write();

  expect(one.crossed()).toEqual([['ready x claimed x freeze', 1]]);
});

test('counts what strikes before a write that was never made, and not what strikes after it', () => {
  const one = createTestHandler();
  one.read('a');

  one.strike('crash_after', { task: 'a', writes: CLAIM.name });
  one.strike('crash_before', { task: 'a', writes: CLAIM.name });

  expect(one.crossed()).toEqual([['ready x claimed x crash_before', 1]]);
});

test('counts what strikes right after a write that took effect, and later at the same task', () => {
  const one = createTestHandler();
  one.write(CLAIM, 'crash_after');

  one.strike('error_after', { task: 'b' });
  one.strike('error_after', { task: 'a' });

  expect(one.crossed()).toEqual([
    ['ready x claimed x crash_after', 1],
    ['ready x claimed x error_after', 1],
  ]);
});

test('counts what struck on the way to one write for that one alone', () => {
  const one = createTestHandler();
  one.read('a');
  one.strike('error_before');
  one.write();

  one.write({ task: 'a', name: 'claimed x bridge_ready' });

  expect(one.crossed()).toEqual([['ready x claimed x error_before', 1]]);
});

test('counts what happens to the handler for whatever it writes, once', () => {
  const one = createTestHandler();
  one.write();
  one.fault('queue_double');

  one.write();

  expect(one.crossed()).toEqual([['ready x claimed x queue_double', 1]]);
});
