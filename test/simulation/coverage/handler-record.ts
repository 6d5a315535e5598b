import type { FaultKind } from '../faults.ts';
import type { Coverage } from './coverage.ts';
import { formatCell } from './coverage.ts';

// What one run of a handler has read, written and met: which faults are counted of which transition. A fault that struck
// before a task was read, or at what belongs to another, is none of its transition's.

export type HandlerRecord = {
  /** What happened to the handler as such: of whatever it writes. */
  readonly handlerFaults: Set<FaultKind>;
  readonly tasks: Map<string, TaskRecord>;
  /** Each cell counts once for each handler, however often it is struck. */
  readonly crossedCells: Set<string>;
};

type TaskRecord = {
  /** Since it was read, or written last. */
  readonly faults: Set<FaultKind>;
  readonly transitions: Set<string>;
};

/** Struck when the effect had taken place. */
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

/** A fault strikes an effect: on the way to what is written next, or after what was written of the same task. */
export function recordStrike(
  coverage: Coverage,
  record: HandlerRecord,
  { task, writes }: { readonly task?: string; readonly writes?: string },
  fault: FaultKind,
): void {
  if (AFTER_EFFECT_FAULTS.includes(fault)) {
    const wrote = task === undefined ? undefined : record.tasks.get(task)?.transitions;
    for (const name of wrote ?? []) recordCrossing(coverage, record, name, fault);
    return;
  }
  if (writes !== undefined) recordCrossing(coverage, record, writes, fault);
  // All of a handler stands still at once.
  const isOfOne = task !== undefined && fault !== 'freeze';
  for (const [known, { faults }] of record.tasks) if (!isOfOne || known === task) faults.add(fault);
}

/** The write took effect. `fault`: what strikes right after it. */
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
  for (const met of [...record.handlerFaults, ...(known?.faults ?? [])])
    recordCrossing(coverage, record, name, met);
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
