import type { PlanState } from '../../lifecycle/plan-state.ts';
import type { Forge, PullRequest } from '../../port/forge.ts';
import type { StoredLane } from '../../store/lane-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { Dependents } from '../task/fan-out.ts';

export type Step =
  /** It is out of the lane: merged, or its own state says what comes next. */
  | { kind: 'left'; lane: StoredLane; merged?: StoredTask; dependents?: Dependents }
  | { kind: 'wait'; lane: StoredLane; waitMs: number }
  /** Another worker has the lane. */
  | { kind: 'lost' };

/** Who is at the head of a lane, as it was found. */
export type Head = {
  /** Its place in the lane. */
  at: number;
  plan: PlanState;
  forge: Forge;
  task: StoredTask;
  root: string;
  rootBranch: string;
  commit: string;
  pull: PullRequest;
};
