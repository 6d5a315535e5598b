import type { StoredPlan } from '../../store/plan-store.ts';

/** When something of its former runs is to be done. */
export function dueOfRuns({ state }: StoredPlan): number | undefined {
  const times = [...state.cleanup.map((run) => run.at), ...state.ending.map((run) => run.dueAt)];
  return times.length === 0 ? undefined : Math.min(...times);
}
