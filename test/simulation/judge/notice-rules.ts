import type { Notice } from '../../../core/contract/notice.ts';
import { listPlanNotices } from '../../../core/store/notice-store.ts';
import { callApi } from '../platform.ts';
import type { World } from '../world.ts';

// Rules for notices: certain transitions require notices, and a client must find each required notice exactly once. The required notices
// are listed again here, because a check with the engine's own code would not find a fault in this code.

/** Fields of a stored task or plan that determine which notices its last transition requires. */
export type WrittenState = {
  readonly id?: string;
  readonly plan?: string;
  readonly task?: string;
  readonly run: number;
  /** `base` for the task of a base check. */
  readonly kind?: string;
  /** `base` for a base check, a hidden plan. */
  readonly purpose?: string;
  readonly options?: { readonly allowRedBase?: boolean };
  readonly base?: readonly {
    readonly repo: string;
    readonly commit: string;
    readonly run: number;
    readonly status: string;
    readonly accepted?: boolean;
  }[];
  readonly simple?: boolean;
  readonly noChange?: boolean;
  readonly pull?: { readonly number: number };
  readonly repair?: { readonly reason: string };
  readonly retryCounts?: { readonly repair: number };
  readonly pulls?: readonly {
    readonly repo: string;
    readonly state: string;
    readonly problem?: { readonly kind: string };
  }[];
  readonly last: {
    readonly version: number;
    readonly from: string;
    readonly to: string;
    readonly event: string;
  };
};

/** Milliseconds within which a notice must be stored, even if its first message is lost and a resync sends another. */
const DELIVERY_MS = 180_000;
const PAGE_SIZE = 100;

/** Kind of the notice that the entry into a status requires. */
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
  /** By id of a required notice: epoch milliseconds of its transition. */
  readonly #requiredSince = new Map<string, number>();
  /** By partition key of a task: number of repairs so far. */
  readonly #repairCounts = new Map<string, number>();
  /** By partition key of a plan: `<repo> <obstacle>` for each pull request that a person cannot merge. */
  readonly #obstacles = new Map<string, ReadonlySet<string>>();
  /** By partition key of a plan: red results of base commits in the last write. */
  readonly #redBases = new Map<string, string[]>();
  /** Ids of the notices that a client has read. */
  readonly #storedIds = new Set<string>();

  /** Records the notices that a stored transition requires. */
  recordTransition(world: World, partition: string, state: WrittenState): void {
    // People are notified about the plans that wait for a base check.
    if (state.purpose === 'base' || state.kind === 'base') return;
    const isTask = state.task !== undefined;
    const subject = isTask ? `${state.plan}.r${state.run}.${state.task}` : state.id;
    const kinds = isTask
      ? this.#listTaskNoticeKinds(partition, state)
      : [
          ...this.#listPlanNoticeKinds(partition, state),
          ...(this.#hasNewRedBase(partition, state) ? ['base_red'] : []),
        ];
    for (const kind of kinds)
      this.#requiredSince.set(`${subject}.${state.last.version}.${kind}`, world.loop.now);
  }

  #listPlanNoticeKinds(partition: string, state: WrittenState): string[] {
    const { last, pulls = [] } = state;
    const obstacles = new Set(
      pulls.flatMap(({ repo, state: pullState, problem }) => [
        ...(pullState === 'closed' ? [`${repo} closed`] : []),
        ...(problem === undefined ? [] : [`${repo} ${problem.kind}`]),
      ]),
    );
    const known = this.#obstacles.get(partition);
    this.#obstacles.set(partition, obstacles);
    const isChange = last.event === 'pulls_changed' || last.event === 'delivered';
    const isNew = [...obstacles].some((obstacle) => known?.has(obstacle) !== true);
    if (isChange && isNew) return ['delivery'];
    if (last.event === 'budget_low' || last.event === 'budget_used') return ['budget'];
    if (last.event === 'halted') return ['halted'];
    const kind = PLAN_STATUS_NOTICES[last.to];
    return last.from !== last.to && kind !== undefined ? [kind] : [];
  }

  #listTaskNoticeKinds(partition: string, state: WrittenState): string[] {
    const { last, repair, retryCounts, simple, noChange, pull } = state;
    const repairs = retryCounts?.repair ?? 0;
    const isNewRepair = repairs === (this.#repairCounts.get(partition) ?? 0) + 1;
    this.#repairCounts.set(partition, repairs);
    const kinds: string[] = [];
    const isUnchanged = last.to === 'in_review' && noChange === true && pull === undefined;
    const kind = isUnchanged ? 'no_change' : TASK_STATUS_NOTICES[last.to];
    // The pull request of a simple plan is announced as complete instead.
    const isSimpleReview = last.to === 'in_review' && simple === true && !isUnchanged;
    if (last.from !== last.to && kind !== undefined && !isSimpleReview) kinds.push(kind);
    if (last.event === 'question_asked') kinds.push('question');
    if (isNewRepair && repair?.reason === 'conflict' && last.to !== 'blocked')
      kinds.push('conflict');
    return kinds;
  }

  /** Returns true if a red result that holds tasks back is new in this write of the plan. */
  #hasNewRedBase(partition: string, { base = [], options }: WrittenState): boolean {
    const results = base
      .filter(({ status, accepted }) => status === 'red' && accepted !== true)
      .map(({ repo, commit, run }) => `${repo} ${commit} ${run}`);
    const known = this.#redBases.get(partition) ?? [];
    this.#redBases.set(partition, results);
    return options?.allowRedBase !== true && results.some((result) => !known.includes(result));
  }

  /** Judges a notice that the engine sent to the queue: its transition must be stored already. */
  recordSent(world: World, notice: Notice): void {
    if (!this.#requiredSince.has(notice.id))
      world.judge.recordViolation(
        world,
        `the notice ${notice.id} was sent although no stored transition requires a notice with this id`,
      );
  }

  /** Reads all notices of a plan as a client does. */
  async readStoredNotices(world: World, plan: string): Promise<void> {
    let cursor: string | undefined;
    do {
      const query = { limit: PAGE_SIZE, cursor, now: world.loop.now };
      const caller = { isAlive: true, cutOffUntil: 0 };
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
    if (this.#storedIds.has(id))
      world.judge.recordViolation(world, `the notice ${id} is stored twice`);
    this.#storedIds.add(id);
  }

  /** Judges at the end of a seed whether exactly the required notices are stored. */
  judgeEnd(world: World): void {
    for (const [id, requiredSince] of this.#requiredSince)
      if (!this.#storedIds.has(id) && world.loop.now - requiredSince > DELIVERY_MS)
        world.judge.recordViolation(
          world,
          `the notice ${id} was lost: its transition is stored, but a client does not find the notice`,
        );
    for (const id of this.#storedIds)
      if (!this.#requiredSince.has(id))
        world.judge.recordViolation(
          world,
          `the notice ${id} is stored although no stored transition requires a notice with this id`,
        );
  }
}
