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
    strike: (fault: FaultKind, effect: { readonly task?: string; readonly writes?: string } = {}) =>
      recordStrike(coverage, record, effect, fault),
    write: (written = CLAIM, fault?: FaultKind) =>
      recordTransition(coverage, record, written, fault),
    crossed: () => [...coverage.cells],
  };
}

test('a fault between the read of a task and its write counts for the written transition', () => {
  const handler = createTestHandler();
  handler.read('a');
  handler.strike('error_before');

  handler.write();

  expect(handler.crossed()).toEqual([['ready x claimed x error_before', 1]]);
});

test('a fault before the read of a task, or at another task, does not count for its transition', () => {
  const handler = createTestHandler();
  handler.strike('error_before');
  handler.read('a');
  handler.read('b');
  handler.strike('forge_odd', { task: 'b' });

  handler.write();

  expect(handler.crossed()).toEqual([]);
});

test('a freeze counts for every task that the handler has read', () => {
  const handler = createTestHandler();
  handler.read('a');
  handler.strike('freeze', { task: 'b' });

  handler.write();

  expect(handler.crossed()).toEqual([['ready x claimed x freeze', 1]]);
});

test('a crash before a write counts for the intended transition, a crash after a failed write does not', () => {
  const handler = createTestHandler();
  handler.read('a');

  handler.strike('crash_after', { task: 'a', writes: CLAIM.name });
  handler.strike('crash_before', { task: 'a', writes: CLAIM.name });

  expect(handler.crossed()).toEqual([['ready x claimed x crash_before', 1]]);
});

test('an error right after a write, or later at the same task, counts for the written transition', () => {
  const handler = createTestHandler();
  handler.write(CLAIM, 'crash_after');

  handler.strike('error_after', { task: 'b' });
  handler.strike('error_after', { task: 'a' });

  expect(handler.crossed()).toEqual([
    ['ready x claimed x crash_after', 1],
    ['ready x claimed x error_after', 1],
  ]);
});

test('a fault before the first write of a task does not count for its second write', () => {
  const handler = createTestHandler();
  handler.read('a');
  handler.strike('error_before');
  handler.write();

  handler.write({ task: 'a', name: 'claimed x bridge_ready' });

  expect(handler.crossed()).toEqual([['ready x claimed x error_before', 1]]);
});

test('a fault of the whole handler counts once for each of its transitions', () => {
  const handler = createTestHandler();
  handler.write();
  handler.fault('queue_double');

  handler.write();

  expect(handler.crossed()).toEqual([['ready x claimed x queue_double', 1]]);
});
