import type { FaultKind } from '../faults.ts';
import type { Coverage } from './coverage.ts';
import { formatCell } from './coverage.ts';

// Record of the reads, writes and faults of an invocation. The record decides for which transitions a fault counts. A fault before the
// handler has read a task, or at an effect of another task, does not count for the transition of the task.

/** Faults and task transitions of an invocation. */
export type HandlerRecord = {
  /** Faults of the whole invocation, which count for all its transitions. */
  readonly invocationFaults: Set<FaultKind>;
  /** By partition key of the task. */
  readonly tasks: Map<string, TaskRecord>;
  /** Counted pairs of a transition and a fault: each pair counts at most once per invocation. */
  readonly countedCells: Set<string>;
};

type TaskRecord = {
  /** Faults since the first read or the last write of the task. */
  readonly faults: Set<FaultKind>;
  /** Written transitions. */
  readonly transitions: Set<string>;
};

/** Faults that hit the handler after the effect has happened. */
const AFTER_EFFECT_FAULTS: readonly FaultKind[] = ['crash_after_effect', 'error_after_effect'];

export function createHandlerRecord(): HandlerRecord {
  return { invocationFaults: new Set(), tasks: new Map(), countedCells: new Set() };
}

export function recordRead(record: HandlerRecord, task: string): void {
  if (!record.tasks.has(task))
    record.tasks.set(task, { faults: new Set(), transitions: new Set() });
}

/** Records a fault of the whole invocation. The fault also counts for transitions written earlier. */
export function recordInvocationFault(
  coverage: Coverage,
  record: HandlerRecord,
  fault: FaultKind,
): void {
  record.invocationFaults.add(fault);
  for (const { transitions } of record.tasks.values())
    for (const transition of transitions) countCellOnce(coverage, record, transition, fault);
}

/** Records a fault at an effect. The fault counts for the next write of the task, or, if it follows the effect, for earlier writes. */
export function recordEffectFault(
  coverage: Coverage,
  record: HandlerRecord,
  { task, transition }: { readonly task?: string; readonly transition?: string },
  fault: FaultKind,
): void {
  if (AFTER_EFFECT_FAULTS.includes(fault)) {
    const writtenTransitions = task === undefined ? undefined : record.tasks.get(task)?.transitions;
    for (const written of writtenTransitions ?? []) countCellOnce(coverage, record, written, fault);
    return;
  }
  if (transition !== undefined) countCellOnce(coverage, record, transition, fault);
  // A freeze delays the handler's work on every task.
  const concernsOneTask = task !== undefined && fault !== 'handler_freeze';
  for (const [id, { faults }] of record.tasks)
    if (!concernsOneTask || id === task) faults.add(fault);
}

/** Records a successful write of a transition. `fault`: fault that hits the handler right after the write. */
export function recordTransition(
  coverage: Coverage,
  record: HandlerRecord,
  { task, transition }: { readonly task: string; readonly transition: string },
  fault: FaultKind | undefined,
): void {
  coverage.countTransition(transition);
  recordRead(record, task);
  const taskRecord = record.tasks.get(task);
  taskRecord?.transitions.add(transition);
  for (const earlierFault of [...record.invocationFaults, ...(taskRecord?.faults ?? [])])
    countCellOnce(coverage, record, transition, earlierFault);
  taskRecord?.faults.clear();
  if (fault !== undefined) countCellOnce(coverage, record, transition, fault);
}

function countCellOnce(
  coverage: Coverage,
  record: HandlerRecord,
  transition: string,
  fault: FaultKind,
): void {
  const cell = formatCell(transition, fault);
  if (record.countedCells.has(cell)) return;
  record.countedCells.add(cell);
  coverage.countCell(transition, fault);
}
