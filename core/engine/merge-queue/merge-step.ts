import type { PlanState } from '../../plan-state/plan-state.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import type { StoredMergeQueue } from '../../store/merge-queue-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { PrefetchedDependents } from './release-dependents.ts';

export type MergeStep =
  /** It is out of the lane: merged, or its own state says what comes next. */
  | {
      readonly kind: 'left';
      readonly queue: StoredMergeQueue;
      readonly merged?: StoredTask;
      readonly dependents?: PrefetchedDependents;
    }
  | { readonly kind: 'wait'; readonly queue: StoredMergeQueue; readonly waitMs: number }
  /** Another worker has the lane. */
  | { readonly kind: 'lost' };

/** Who is at the head of a lane, as it was found. */
export type MergeQueueFront = {
  /** Its place in the lane. */
  readonly queuedAt: number;
  readonly plan: PlanState;
  readonly forge: Forge;
  readonly task: StoredTask;
  readonly root: string;
  readonly rootBranch: string;
  readonly commit: string;
  readonly pull: PullRequest;
};
