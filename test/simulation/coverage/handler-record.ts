import type { FaultKind } from '../faults.ts';
import { type Coverage, cellOf } from './coverage.ts';

// What one run of a handler has read, written and met: which faults are counted of which transition. A fault that struck
// before a task was read, or at what belongs to another, is none of its transition's.

export type HandlerRecord = {
  /** What happened to the handler as such: of whatever it writes. */
  readonly asWhole: Set<FaultKind>;
  readonly tasks: Map<string, TaskRecord>;
  /** Each cell counts once for each handler, however often it is struck. */
  readonly crossed: Set<string>;
};

type TaskRecord = {
  /** Since it was read, or written last. */
  readonly struck: Set<FaultKind>;
  readonly wrote: Set<string>;
};

/** Struck when the effect had taken place. */
const AFTER: readonly FaultKind[] = ['crash_after', 'error_after'];

export function createHandlerRecord(): HandlerRecord {
  return { asWhole: new Set(), tasks: new Map(), crossed: new Set() };
}

export function noteRead(record: HandlerRecord, task: string): void {
  if (!record.tasks.has(task)) record.tasks.set(task, { struck: new Set(), wrote: new Set() });
}

export function noteFault(coverage: Coverage, record: HandlerRecord, fault: FaultKind): void {
  record.asWhole.add(fault);
  for (const { wrote } of record.tasks.values())
    for (const name of wrote) cross(coverage, record, name, fault);
}

/** A fault strikes an effect: on the way to what is written next, or after what was written of the same task. */
export function noteStrike(
  coverage: Coverage,
  record: HandlerRecord,
  { task, writes }: { task?: string; writes?: string },
  fault: FaultKind,
): void {
  if (AFTER.includes(fault)) {
    const wrote = task === undefined ? undefined : record.tasks.get(task)?.wrote;
    for (const name of wrote ?? []) cross(coverage, record, name, fault);
    return;
  }
  if (writes !== undefined) cross(coverage, record, writes, fault);
  // All of a handler stands still at once.
  const isOfOne = task !== undefined && fault !== 'freeze';
  for (const [known, { struck }] of record.tasks) if (!isOfOne || known === task) struck.add(fault);
}

/** The write took effect. `fault`: what strikes right after it. */
export function noteTransition(
  coverage: Coverage,
  record: HandlerRecord,
  { task, name }: { task: string; name: string },
  fault: FaultKind | undefined,
): void {
  coverage.transition(name);
  noteRead(record, task);
  const known = record.tasks.get(task);
  known?.wrote.add(name);
  for (const met of [...record.asWhole, ...(known?.struck ?? [])])
    cross(coverage, record, name, met);
  known?.struck.clear();
  if (fault !== undefined) cross(coverage, record, name, fault);
}

function cross(coverage: Coverage, record: HandlerRecord, name: string, fault: FaultKind): void {
  const cell = cellOf(name, fault);
  if (record.crossed.has(cell)) return;
  record.crossed.add(cell);
  coverage.cross(name, fault);
}
