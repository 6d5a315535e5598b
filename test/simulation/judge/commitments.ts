import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { AttemptKey } from '../../../core/contract/id.ts';
import type { PlanView } from '../../../core/contract/plan.ts';
import type { AttemptKind } from '../../../core/contract/task.ts';
import type { By } from '../forge/forge-state.ts';
import type { World } from '../world.ts';
import { readBranch, taskId } from './names.ts';

// What people and attempts were promised, and have been told: their word counts, work is bounded, what was kept is gone on from.

/** Causes that spend no try of the agent. */
const PASSING: readonly string[] = ['provider', 'forge', 'infra'];
/** In the words of a plan's notice. */
const PAUSE_END = / refuses until (\S+Z): /;
/** What a verification finds wrong of the whole. */
const FOUND_WRONG: readonly string[] = ['verify_red', 'conflict'];

/** As far as people and bridges saw it. */
export class Commitments {
  /** When somebody last ordered something at the API. */
  orderedAt = Number.NEGATIVE_INFINITY;
  /** Tasks, of any run, that a person approved. */
  readonly approved = new Set<string>();
  /** By task: reported failures in a row of the agent's own. */
  readonly failures = new Map<string, number>();
  /** By task: all failures that bridges ever reported and that may spend a try, in time or not. */
  readonly failed = new Map<string, number>();
  /** By task: attempts in a row that never reported. */
  readonly losses = new Map<string, number>();
  /** By task: repairs since a person last meddled with it. */
  readonly repairs = new Map<string, number>();
  /** By task of any run: how often people asked for changes, each of which is repaired whenever it is heard. */
  readonly asked = new Map<string, number>();
  /** Plans that a person was told are rejected. */
  readonly rejected = new Set<string>();
  /** By task: the newest commit that was accepted to go on from. */
  readonly kept = new Map<string, string>();
  /** By task: what people pushed to its branch; that is gone on from, whatever an attempt had beside it. */
  readonly pushed = new Map<string, string[]>();
  /** Plans that a client was told are cancelled: the run, and since when. */
  readonly stopped = new Map<string, { run: number; at: number }>();
  /** Plans that a client was told wait for their forge: until when, and since when that is said. */
  readonly held = new Map<string, { until: number; at: number }>();

  ordered(world: World): void {
    this.orderedAt = world.loop.now;
    this.failures.clear();
    this.losses.clear();
    this.repairs.clear();
    // It may have been to ask the forge again at once.
    this.held.clear();
  }

  askChanges(plan: string, task: string): void {
    const name = `${plan} ${task}`;
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
  }

  /** Whether it is heard or not. */
  told(key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    if (isNewStart(kind, result)) this.failures.delete(taskId(key));
    if (!spendsTry(kind, result)) return;
    const task = `${key.plan} ${key.task}`;
    this.failed.set(task, (this.failed.get(task) ?? 0) + 1);
  }

  accepted(key: AttemptKey, kind: AttemptKind, result: AttemptResult): void {
    const task = taskId(key);
    if (result.outcome === 'done') this.keep(key, result.commit);
    if (spendsTry(kind, result)) this.failures.set(task, (this.failures.get(task) ?? 0) + 1);
  }

  keep(key: AttemptKey, commit: string): void {
    this.kept.set(taskId(key), commit);
  }

  approve(plan: string, task: string): void {
    this.approved.add(`${plan} ${task}`);
  }

  reject(plan: string): void {
    this.rejected.add(plan);
  }

  /** A restart may have been heard although nobody answered. */
  askRestart(plan: string): void {
    this.rejected.delete(plan);
  }

  cancelled(world: World, { id, run }: { id: string; run: number }): void {
    if (this.stopped.get(id)?.run !== run) this.stopped.set(id, { run, at: world.loop.now });
  }

  waits(world: World, { id, notices }: Pick<PlanView, 'id' | 'notices'>): void {
    const { now } = world.loop;
    const pause = notices.find((notice) => notice.code === 'paused_forge');
    const until = Date.parse(PAUSE_END.exec(pause?.message ?? '')?.[1] ?? '');
    const known = this.held.get(id);
    const isKnown = known !== undefined && known.until > now;
    if (until > now) this.held.set(id, { until, at: isKnown ? known.at : now });
  }

  /** Somebody did something to its pull request: it begins anew. */
  touched(branch: string, by: By): void {
    const at = readBranch(branch);
    if (at?.kind !== 'task') return;
    this.failures.delete(taskId(at));
    if (by.kind === 'person') this.forgive(taskId(at));
  }

  /** A person meddled with it. */
  forgive(task: string): void {
    this.losses.delete(task);
    this.repairs.delete(task);
  }
}

/** Work that is done, or found wrong as a whole and to be mended, begins anew. */
function isNewStart(kind: AttemptKind, result: AttemptResult): boolean {
  return result.outcome === 'done' || (kind === 'verify' && FOUND_WRONG.includes(result.cause));
}

function spendsTry(kind: AttemptKind, result: AttemptResult): boolean {
  return (
    result.outcome === 'failed' && !isNewStart(kind, result) && !PASSING.includes(result.cause)
  );
}
