import type { FaultKind } from '../faults.ts';
import type { Coverage } from './coverage.ts';
import { formatCell } from './coverage.ts';

// Record of a run of a handler: its reads, writes and faults. The record decides which faults count for which transition.
// A fault before the read of a task, or at an effect of another task, does not count for the task's transition.

/** Faults and transitions of an invocation. */
export type HandlerRecord = {
  /** Faults of the handler as a whole, which count for all its transitions. */
  readonly handlerFaults: Set<FaultKind>;
  readonly tasks: Map<string, TaskRecord>;
  /** Cells that are counted already: a cell counts at most once per handler. */
  readonly crossedCells: Set<string>;
};

type TaskRecord = {
  /** Faults since the first read or the last write of the task. */
  readonly faults: Set<FaultKind>;
  readonly transitions: Set<string>;
};

/** Faults that follow the effect instead of preceding it. */
const AFTER_EFFECT_FAULTS: readonly FaultKind[] = ['crash_after', 'error_after'];

export function createHandlerRecord(): HandlerRecord {
  return { handlerFaults: new Set(), tasks: new Map(), crossedCells: new Set() };
}

export function recordRead(record: HandlerRecord, task: string): void {
  if (!record.tasks.has(task))
    record.tasks.set(task, { faults: new Set(), transitions: new Set() });
}

export function recordFault(coverage: Coverage, record: HandlerRecord, fault: FaultKind): void {
  record.handlerFaults.add(fault);
  for (const { transitions } of record.tasks.values())
    for (const name of transitions) recordCrossing(coverage, record, name, fault);
}

/** Records a fault at an effect: before the next write, or after the last write of the same task. */
export function recordStrike(
  coverage: Coverage,
  record: HandlerRecord,
  { task, writes }: { readonly task?: string; readonly writes?: string },
  fault: FaultKind,
): void {
  if (AFTER_EFFECT_FAULTS.includes(fault)) {
    const written = task === undefined ? undefined : record.tasks.get(task)?.transitions;
    for (const name of written ?? []) recordCrossing(coverage, record, name, fault);
    return;
  }
  if (writes !== undefined) recordCrossing(coverage, record, writes, fault);
  // A freeze stops the whole handler.
  const isLocal = task !== undefined && fault !== 'freeze';
  for (const [id, { faults }] of record.tasks) if (!isLocal || id === task) faults.add(fault);
}

/** Records a successful write. `fault` is the fault right after the write. */
export function recordTransition(
  coverage: Coverage,
  record: HandlerRecord,
  { task, name }: { readonly task: string; readonly name: string },
  fault: FaultKind | undefined,
): void {
  coverage.countTransition(name);
  recordRead(record, task);
  const known = record.tasks.get(task);
  known?.transitions.add(name);
  for (const earlierFault of [...record.handlerFaults, ...(known?.faults ?? [])])
    recordCrossing(coverage, record, name, earlierFault);
  known?.faults.clear();
  if (fault !== undefined) recordCrossing(coverage, record, name, fault);
}

function recordCrossing(
  coverage: Coverage,
  record: HandlerRecord,
  name: string,
  fault: FaultKind,
): void {
  const cell = formatCell(name, fault);
  if (record.crossedCells.has(cell)) return;
  record.crossedCells.add(cell);
  coverage.countCell(name, fault);
}
