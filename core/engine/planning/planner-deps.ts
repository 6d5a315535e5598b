import type { PlanState } from '../../plan-state/plan-state.ts';
import type { Llm } from '../../port/llm.ts';
import type { EngineDeps } from '../engine-deps.ts';

export type PlannerDeps = EngineDeps & {
  readonly llm: Llm;
  /** Calls `beat` again and again until the answered function is called: a step may take longer than a lease. */
  readonly keepAlive?: (beat: () => void) => () => void;
};

export type PlanningStepResult = {
  readonly next: PlanState['planning']['stage'];
  readonly apply: (state: PlanState) => PlanState;
};
