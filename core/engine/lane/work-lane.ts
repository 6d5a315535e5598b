import { isAppError } from '../../error.ts';
import {
  type LaneEntry,
  type LaneKey,
  type LaneState,
  leaveLane,
  loadLane,
  nextLaneEntry,
  type StoredLane,
  saveLane,
} from '../../store/lane-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task/event.ts';
import { applyTask, hintAll } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { isHeldUp, notePause } from '../note-pause.ts';
import type { Dependents } from '../task/fan-out.ts';
import { mergeHead } from './merge-head.ts';
import type { Step } from './step.ts';

// The merge queue of a root branch: one worker at a time, strictly in order. The lease only says when another may look;
// every write is over the version that was read, so a worker that lost the lane cannot write.

/** Longer than a handler may run. */
const LEASE_MS = 70_000;
const MAX_STEPS = 25;

/** What a merge owes is done before the next is looked at: releasing dependents waits for no message. */
export type AfterMerge = (merged: StoredTask, dependents: Dependents | undefined) => Promise<void>;

/**
 * `busy`: another worker holds the lane, or it is no longer due at `dueAt`, which the message says. `waiting`: the head of the
 * lane waits; the lane is due by itself.
 */
export async function workLane(
  deps: EngineDeps,
  key: LaneKey,
  afterMerge: AfterMerge,
  dueAt?: number,
): Promise<'empty' | 'busy' | 'waiting'> {
  let lane = await takeLane(deps, key, dueAt);
  if (lane === undefined) return 'busy';
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const entry = headEntry(lane) ?? (await nextLaneEntry(deps.table, key));
    if (entry === undefined) return (await rest(deps, lane, undefined)) ? 'empty' : 'busy';
    const stepped = await stepLane(deps, lane, entry, afterMerge);
    if (stepped === undefined) return 'busy';
    if (stepped.waitMs !== undefined)
      return (await rest(deps, stepped.lane, stepped.waitMs)) ? 'waiting' : 'busy';
    lane = stepped.lane;
  }
  await rest(deps, lane, 1_000);
  return 'waiting';
}

/** Once the forge was asked to merge one, that one is asked about until it is merged or refused, whoever comes before it. */
function headEntry({ state }: StoredLane): LaneEntry | undefined {
  if (state.phase !== 'merging' || state.task === undefined || state.at === undefined)
    return undefined;
  return { task: state.task, at: state.at };
}

async function takeLane(
  deps: EngineDeps,
  key: LaneKey,
  dueAt: number | undefined,
): Promise<StoredLane | undefined> {
  const lane = await loadLane(deps.table, key);
  const now = deps.clock.now();
  if (lane.state.leaseUntil > now || (dueAt !== undefined && lane.dueAt !== dueAt))
    return undefined;
  const next: LaneState = {
    ...lane.state,
    leaseUntil: now + LEASE_MS,
    fence: lane.state.fence + 1,
  };
  return saveLane(deps.table, lane, next, now + LEASE_MS);
}

/** Lets go of the lane; with a wait it is due then, whoever is there. */
async function rest(
  deps: EngineDeps,
  lane: StoredLane,
  waitMs: number | undefined,
): Promise<boolean> {
  const dueAt = waitMs === undefined ? undefined : deps.clock.now() + waitMs;
  const saved = await saveLane(deps.table, lane, { ...lane.state, leaseUntil: 0 }, dueAt);
  if (waitMs !== undefined && waitMs <= 60_000)
    await hintAll(deps, [{ type: 'lane', v: 1, ...lane.key, dueAt }], Math.ceil(waitMs / 1_000));
  return saved !== undefined;
}

type Stepped = { lane: StoredLane; waitMs?: number };
type Failed = (Stepped & { kind: 'stays' }) | { kind: 'left'; lane: StoredLane };

/** Undefined: the lane was lost on the way. */
async function stepLane(
  deps: EngineDeps,
  lane: StoredLane,
  entry: LaneEntry,
  afterMerge: AfterMerge,
): Promise<Stepped | undefined> {
  let step: Step;
  try {
    step = await mergeHead(deps, lane, entry);
    if (step.kind === 'left' && step.merged !== undefined)
      await afterMerge(step.merged, step.dependents);
  } catch (error) {
    const failed = await failedStep(deps, lane, entry, error);
    if (failed?.kind !== 'left') return failed;
    step = failed;
  }
  if (step.kind === 'lost') return undefined;
  if (step.kind === 'wait') return { lane: step.lane, waitMs: step.waitMs };
  await leaveLane(deps.table, lane.key, entry);
  const cleared: LaneState = {
    ...step.lane.state,
    task: undefined,
    at: undefined,
    phase: undefined,
    pending: undefined,
    refusals: 0,
  };
  const saved = await saveLane(deps.table, step.lane, cleared, deps.clock.now() + LEASE_MS);
  return saved === undefined ? undefined : { lane: saved };
}

/**
 * A rule that the forge names ends in `blocked`; a refusal for a while waits; what fails in another way is counted on the
 * task, so that it cannot hold the lane for ever.
 */
async function failedStep(
  deps: EngineDeps,
  lane: StoredLane,
  entry: LaneEntry,
  error: unknown,
): Promise<Failed | undefined> {
  const now = deps.clock.now();
  const why = error instanceof Error ? error.message : String(error);
  deps.log.warn('merge lane step failed', { ...lane.key, task: entry.task, cause: why });
  const current = await loadLane(deps.table, lane.key);
  if (current.state.fence !== lane.state.fence) return undefined;
  if (isHeldUp(error)) {
    const until = await notePause(deps, error, lane.key);
    return { kind: 'stays', lane: current, waitMs: until - now };
  }
  if (isAppError(error, 'transient')) return { kind: 'stays', lane: current, waitMs: 5_000 };
  const event: TaskEvent = isAppError(error, 'refused')
    ? { type: 'forge_refused', rule: why }
    : { type: 'faulted', why };
  const key = { ...lane.key, task: entry.task };
  const applied = await applyTask(deps, key, event, { actor: 'lane' });
  // One that has ended, or is blocked already, counts nothing more: its forge may be gone for good.
  if (applied.kind === 'noop') return { kind: 'left', lane: current };
  return { kind: 'stays', lane: current, waitMs: event.type === 'faulted' ? 5_000 : 1_000 };
}
