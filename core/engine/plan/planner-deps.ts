import type { PlanState } from '../../lifecycle/plan-state.ts';
import type { Llm } from '../../port/llm.ts';
import type { EngineDeps } from '../deps.ts';

export type PlannerDeps = EngineDeps & {
  llm: Llm;
  /** Calls `beat` again and again until the answered function is called: a step may take longer than a lease. */
  keepAlive?: (beat: () => void) => () => void;
};

export type StepResult = {
  next: PlanState['planning']['stage'];
  apply: (state: PlanState) => PlanState;
};
