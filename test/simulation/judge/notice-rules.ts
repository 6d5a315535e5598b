import type { Notice } from '../../../core/contract/notice.ts';
import { listPlanNotices } from '../../../core/store/notice-store.ts';
import { callApi } from '../platform.ts';
import type { World } from '../world.ts';

// Rules for notices: each written transition demands certain notices, determined here without the engine's code, and people
// must receive each demanded notice exactly once.

/** Parts of a written task or plan that determine its notices. */
export type WrittenState = {
  readonly id?: string;
  readonly plan?: string;
  readonly task?: string;
  readonly run: number;
  readonly simple?: boolean;
  readonly repair?: { readonly reason: string };
  readonly retryCounts?: { readonly repair: number };
  readonly last: {
    readonly version: number;
    readonly from: string;
    readonly to: string;
    readonly event: string;
  };
};

/** Milliseconds after which a lost message has been replaced and the replacement has been handled. */
const DELIVERY_MS = 180_000;
const PAGE_SIZE = 100;

/** Statuses whose beginning needs a notice, for tasks and for plans. */
const TASK_STATUS_NOTICES: Readonly<Record<string, string>> = {
  blocked: 'blocked',
  failed: 'failed',
  in_review: 'approval_requested',
};
const PLAN_STATUS_NOTICES: Readonly<Record<string, string>> = {
  pending_approval: 'approval_requested',
  failed: 'failed',
  complete: 'complete',
};

export class NoticeRules {
  /** Time of each transition that demands a notice, by the id of the notice. */
  readonly #demandedAt = new Map<string, number>();
  /** Repairs of each task so far, by partition. */
  readonly #repairs = new Map<string, number>();
  readonly #stored = new Set<string>();

  /** Records the notices that a written transition demands. */
  recordTransition(world: World, partition: string, state: WrittenState): void {
    const isTask = state.task !== undefined;
    const item = isTask ? `${state.plan}.r${state.run}.${state.task}` : state.id;
    const kinds = isTask
      ? this.#listTaskNotices(partition, state)
      : listPlanTransitionNotices(state);
    for (const kind of kinds)
      this.#demandedAt.set(`${item}.${state.last.version}.${kind}`, world.loop.now);
  }

  #listTaskNotices(partition: string, state: WrittenState): string[] {
    const { last, repair, retryCounts, simple } = state;
    const repairs = retryCounts?.repair ?? 0;
    const isNewRepair = repairs === (this.#repairs.get(partition) ?? 0) + 1;
    this.#repairs.set(partition, repairs);
    const kinds: string[] = [];
    const kind = TASK_STATUS_NOTICES[last.to];
    const isForReview = last.to === 'in_review' && simple === true;
    if (last.from !== last.to && kind !== undefined && !isForReview) kinds.push(kind);
    if (last.event === 'question_asked') kinds.push('question');
    if (isNewRepair && repair?.reason === 'conflict' && last.to !== 'blocked')
      kinds.push('conflict');
    return kinds;
  }

  /** Records a notice that the queue has accepted, and requires a transition that demands the notice. */
  recordSent(world: World, notice: Notice): void {
    if (!this.#demandedAt.has(notice.id))
      world.judge.recordViolation(
        world,
        `the notice ${notice.id} was sent, and no written transition demands it`,
      );
  }

  /** Reads a plan's notices as a client does. */
  async readStored(world: World, plan: string): Promise<void> {
    let cursor: string | undefined;
    do {
      const query = { limit: PAGE_SIZE, cursor, now: world.loop.now };
      const caller = { alive: true, cutOffUntil: 0 };
      const page = await callApi(
        world,
        'notices',
        ({ table }) => listPlanNotices(table, plan, query),
        caller,
      );
      for (const { id } of page.items) this.#recordStored(world, id);
      cursor = page.next;
    } while (cursor !== undefined);
  }

  #recordStored(world: World, id: string): void {
    if (this.#stored.has(id))
      world.judge.recordViolation(world, `the notice ${id} is stored twice`);
    this.#stored.add(id);
  }

  /** Requires at the end that every demanded notice and no other notice is stored. */
  judgeEnd(world: World): void {
    for (const [id, at] of this.#demandedAt)
      if (!this.#stored.has(id) && world.loop.now - at > DELIVERY_MS)
        world.judge.recordViolation(world, `the notice ${id} was lost`);
    for (const id of this.#stored)
      if (!this.#demandedAt.has(id))
        world.judge.recordViolation(
          world,
          `the notice ${id} is stored, and no written transition demands it`,
        );
  }
}

function listPlanTransitionNotices({ last }: WrittenState): string[] {
  if (last.event === 'halted') return ['halted'];
  const kind = PLAN_STATUS_NOTICES[last.to];
  return last.from !== last.to && kind !== undefined ? [kind] : [];
}
