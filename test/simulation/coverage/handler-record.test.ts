import { expect, test } from 'vitest';
import type { FaultKind } from '../faults.ts';
import { createCoverage } from './coverage.ts';
import {
  createHandlerRecord,
  recordEffectFault,
  recordInvocationFault,
  recordRead,
  recordTransition,
} from './handler-record.ts';

const CLAIM = { task: 'a', transition: 'ready x claimed' };

function createRecordedHandler() {
  const coverage = createCoverage();
  const record = createHandlerRecord();
  return {
    read: (task: string) => recordRead(record, task),
    hitInvocation: (fault: FaultKind) => recordInvocationFault(coverage, record, fault),
    hitEffect: (
      fault: FaultKind,
      effect: { readonly task?: string; readonly transition?: string } = {},
    ) => recordEffectFault(coverage, record, effect, fault),
    write: (written = CLAIM, faultAfterWrite?: FaultKind) =>
      recordTransition(coverage, record, written, faultAfterWrite),
    listCells: () => [...coverage.faultedTransitions],
  };
}

test('a fault between the read of a task and its write counts for the written transition', () => {
  const handler = createRecordedHandler();
  handler.read('a');
  handler.hitEffect('error_before_effect');

  handler.write();

  expect(handler.listCells()).toEqual([['ready x claimed x error_before_effect', 1]]);
});

test('a fault before the read of a task, or at an effect of another task, does not count for the transition of the task', () => {
  const handler = createRecordedHandler();
  handler.hitEffect('error_before_effect');
  handler.read('a');
  handler.read('b');
  handler.hitEffect('forge_false_not_found', { task: 'b' });

  handler.write();

  expect(handler.listCells()).toEqual([]);
});

test('a freeze counts for every task that the handler has read', () => {
  const handler = createRecordedHandler();
  handler.read('a');
  handler.hitEffect('handler_freeze', { task: 'b' });

  handler.write();

  expect(handler.listCells()).toEqual([['ready x claimed x handler_freeze', 1]]);
});

test('a crash before a write counts for the intended transition, but a crash after a failed write does not', () => {
  const handler = createRecordedHandler();
  handler.read('a');

  handler.hitEffect('crash_after_effect', { task: 'a', transition: CLAIM.transition });
  handler.hitEffect('crash_before_effect', { task: 'a', transition: CLAIM.transition });

  expect(handler.listCells()).toEqual([['ready x claimed x crash_before_effect', 1]]);
});

test('a fault right after a write, or at a later effect of the same task, counts for the written transition', () => {
  const handler = createRecordedHandler();
  handler.write(CLAIM, 'crash_after_effect');

  handler.hitEffect('error_after_effect', { task: 'b' });
  handler.hitEffect('error_after_effect', { task: 'a' });

  expect(handler.listCells()).toEqual([
    ['ready x claimed x crash_after_effect', 1],
    ['ready x claimed x error_after_effect', 1],
  ]);
});

test('a fault before the first write of a task does not count for the second write of the task', () => {
  const handler = createRecordedHandler();
  handler.read('a');
  handler.hitEffect('error_before_effect');
  handler.write();

  handler.write({ task: 'a', transition: 'claimed x bridge_ready' });

  expect(handler.listCells()).toEqual([['ready x claimed x error_before_effect', 1]]);
});

test('a fault of the whole invocation counts once for each transition of the invocation', () => {
  const handler = createRecordedHandler();
  handler.write();
  handler.hitInvocation('message_duplicated');

  handler.write();

  expect(handler.listCells()).toEqual([['ready x claimed x message_duplicated', 1]]);
});
